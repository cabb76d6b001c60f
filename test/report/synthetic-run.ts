import type { Estimate } from '../../src/statistics/estimate.js';
import type { ArchitectureRecord, RoundRecord } from '../../src/store/search-records.js';
import type { TrainingLoss } from '../../src/store/training-records.js';

/** Reproducible numbers in [0, 1), by the constants of Numerical Recipes. */
function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export const run = {
  id: '20261123-0425-emoji-3f2a',
  name: 'emoji',
  deviceFingerprint: 'cpu, AMD EPYC 7B13, onnxruntime 1.30.0, 2 threads',
};

const BUDGET_MS = 24.3;
const around = (value: number, halfWidth: number): Estimate => ({
  value,
  low: value - halfWidth,
  high: value + halfWidth,
});

interface Step {
  readonly round: number;
  readonly latencyMs: number;
  readonly clip: number;
}

function record(
  role: ArchitectureRecord['role'],
  step: Step,
  isPredicted: boolean,
  at: number,
): ArchitectureRecord {
  return {
    round: step.round,
    role,
    hash: `hash-${role}-${step.round}-${at}`,
    canonicalForm: `form ${at}`,
    parameterCount: 5_600_000 - 100_000 * step.round,
    weightsHash: `weights-${step.round}`,
    parentHash: step.round === 0 ? null : `hash-current-${step.round - 1}-0`,
    measuredLatencyMs: isPredicted ? null : around(step.latencyMs, 0.25 + 0.004 * step.latencyMs),
    predictedLatencyMs: step.latencyMs,
    clipScore: around(step.clip, role === 'candidate' ? 0.0028 : 0.0016),
  };
}

/** A search as it looks on the emoji pipeline: some rounds of removals, then one exchange, then the fine-tune. */
export function syntheticSearch(roundCount = 6): {
  architectures: ArchitectureRecord[];
  rounds: RoundRecord[];
} {
  const next = numbersFrom(7);
  const steps: Step[] = [{ round: 0, latencyMs: 40.5, clip: 0.2621 }];
  const architectures = [record('original', { round: 0, latencyMs: 40.5, clip: 0.2621 }, false, 0)];
  for (let round = 1; round <= roundCount; round++) {
    const from = steps.at(-1) ?? { round, latencyMs: 40, clip: 0.26 };
    for (let block = 0; block < 30; block++) {
      const saved = from.latencyMs > 24.3 ? 0.3 + 3.5 * next() : -2 * next();
      const lost = 0.0002 * saved + 0.05 * next() ** 5 * Math.max(0, saved) - 0.0008 * next();
      const candidate = { round, latencyMs: from.latencyMs - saved, clip: from.clip - lost };
      architectures.push(record('candidate', candidate, true, block));
    }
    const gain = from.latencyMs > 24.3 ? 3.7 : -0.8;
    const step = { round, latencyMs: from.latencyMs - gain, clip: from.clip - 0.0007 + 0.0006 * next() };
    steps.push(step);
    architectures.push(record('current', step, false, 0));
  }
  const last = steps.at(-1) ?? { round: 0, latencyMs: 1, clip: 0 };
  architectures.push(record('final', { ...last, clip: last.clip + 0.0021 }, false, 0));
  const rounds = steps.slice(1).map((step): RoundRecord => ({
    round: step.round,
    architectureHash: `hash-current-${step.round - 1}-0`,
    weightsHash: `weights-${step.round}`,
    latencyMs: null,
    clipScore: null,
    budgetMs: BUDGET_MS,
    budgetMet: step.latencyMs <= BUDGET_MS,
  }));
  return { architectures, rounds };
}

export function syntheticLosses(phase: string, count: number, floor: number, seed: number): TrainingLoss[] {
  const next = numbersFrom(seed);
  return Array.from({ length: count }, (_, at) => {
    const noise = 1 + 0.5 * (next() + next() + next() - 1.5);
    const loss = (floor + (1 - floor) * Math.exp(-at / (count / 12))) * noise;
    const learningRate = 1e-3 * (0.5 + 0.5 * Math.cos((Math.PI * at) / count));
    return { phase, step: at + 1, loss, learningRate, extras: {} };
  });
}
