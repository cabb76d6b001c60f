import type { Candidate } from '../../src/search/candidate.js';
import type { Estimate } from '../../src/statistics/estimate.js';
import type { JournalEntry, SearchJournal, SearchPorts } from '../../src/search/ports.js';
import { runSearch } from '../../src/search/run-search.js';
import type { ActionRow, CandidateRow, RoundRow } from '../../src/search/search-rows.js';
import type { SearchOptions } from '../../src/search/search-options.js';
import { initialState } from '../../src/search/state.js';
import type { Done, SearchState } from '../../src/search/state.js';
import { smallUnet } from './architectures.js';
import { simulatedLatencyMeter, simulatedScorer, simulatedTrainer } from './simulated-world.js';
import type { World } from './simulated-world.js';

export const options: SearchOptions = {
  seed: 7,
  budget: { ratioOfOriginal: 0.6 },
  scoring: 'snapevo',
  kinds: ['cross-attention', 'resnet'],
  groupSize: 2,
  combinationTolerance: 0.005,
  patience: 2,
  maxRounds: 12,
  trainStepsPerRound: 10,
  trainStepsPerUnit: 4,
  finetuneSteps: 6,
  captionCount: 6,
  pass: 'full',
  racing: { firstCaptions: 2, confidence: 0.95 },
  lossTolerance: 0,
  copyCandidates: 1,
  maxProposals: 3,
};

/** Keeps entries as a store would: as JSON. */
export class MemoryJournal implements SearchJournal {
  readonly #entries: string[] = [];

  append(entry: JournalEntry): void {
    this.#entries.push(JSON.stringify(entry));
  }

  get entries(): readonly JournalEntry[] {
    return this.#entries.map((entry) => JSON.parse(entry) as JournalEntry);
  }

  get length(): number {
    return this.#entries.length;
  }

  get lastState(): SearchState | undefined {
    const last = this.#entries.at(-1);
    return last === undefined ? undefined : (JSON.parse(last) as JournalEntry).state;
  }

  get actions(): readonly ActionRow[] {
    return this.entries.flatMap(({ rows }) => rows.actions ?? []);
  }

  get candidates(): readonly CandidateRow[] {
    return this.entries.flatMap(({ rows }) => rows.candidates ?? []);
  }

  /** The last row of each round. */
  get rounds(): readonly RoundRow[] {
    const byRound = new Map(
      this.entries.flatMap(({ rows }) => (rows.rounds ?? []).map((row) => [row.round, row])),
    );
    return [...byRound.values()];
  }
}

/** Ports into a simulated world. */
export function portsInto(world: World, journal: SearchJournal): SearchPorts {
  return {
    trainer: simulatedTrainer(),
    scorer: simulatedScorer(world),
    latencyMeter: simulatedLatencyMeter(world),
    journal,
  };
}

export function start(changes: Partial<SearchOptions> = {}): SearchState {
  return initialState({ ...options, ...changes }, smallUnet, 'pretrained');
}

/** A whole search, and its journal. */
export async function search(
  world: World,
  changes: Partial<SearchOptions> = {},
): Promise<{ done: Done; journal: MemoryJournal }> {
  const journal = new MemoryJournal();
  const result = await runSearch(portsInto(world, journal), start(changes));
  if (result.outcome !== 'finished') throw new Error('nothing interrupted the search');
  return { done: result.state, journal };
}

export function exactly(value: number): Estimate {
  return { value, low: value, high: value };
}

/** A scored removal. */
export function removal(block: string, deltaClip: number, savedMs: Estimate | number): Candidate {
  const savingMs = typeof savedMs === 'number' ? exactly(savedMs) : savedMs;
  const score = { clip: exactly(0.3 - deltaClip), deltaClip: exactly(deltaClip), imageCount: 6 };
  return {
    ...{ action: { type: 'remove', block }, architectureHash: block, savingMs, excluded: null },
    ...{ scores: Array<number>(6).fill(0.3 - deltaClip), score, captionTarget: 6, standing: 'settled' },
    worstLoss: { low: deltaClip, high: deltaClip },
  };
}

/** A scored addition. */
export function addition(
  type: 'restore' | 'copy',
  block: string,
  gain: number,
  costMs: Estimate | number,
): Candidate {
  const candidate = removal(block, 0 - gain, typeof costMs === 'number' ? 0 - costMs : costMs);
  return { ...candidate, action: { type, block } };
}
