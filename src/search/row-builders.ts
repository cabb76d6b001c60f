import type { Action } from '../architecture/action.js';
import type { Architecture } from '../architecture/architecture.js';
import { canonicalForm, hashArchitecture } from '../architecture/canonical-form.js';
import type { Candidate } from './candidate.js';
import type { Estimate } from '../statistics/estimate.js';
import { predictLatencyMs } from './latency-table.js';
import type { Proposal } from './proposal.js';
import type { RankedCandidate } from './ranking.js';
import type { ActionRow, ArchitectureRow, CandidateRow, RoundRow } from './search-rows.js';
import { currentHash, isBudgetMet } from './state.js';
import type { Baseline, Evolution, FineTuningResult, Finale, Weighing } from './state.js';

/** The round as far as it has come. */
export function roundRow(state: Evolution, weightsHash: string | null, clipScore: Estimate | null): RoundRow {
  return {
    round: state.round,
    architectureHash: currentHash(state),
    weightsHash,
    latencyMs: state.current.latencyMs,
    clipScore,
    budgetMs: state.baseline.budgetMs,
    budgetMet: isBudgetMet(state),
  };
}

/** What is not the same in every row of an architecture. */
type ArchitectureFacts = Partial<ArchitectureRow> & Pick<ArchitectureRow, 'round' | 'role'>;

/** An architecture with what is known of it; the rest is null. */
export function architectureRow(
  architecture: Architecture,
  baseline: Baseline | null,
  facts: ArchitectureFacts,
): ArchitectureRow {
  return {
    hash: hashArchitecture(architecture),
    canonicalForm: canonicalForm(architecture),
    weightsHash: null,
    parentHash: null,
    measuredLatencyMs: null,
    predictedLatencyMs:
      baseline === null ? null : predictLatencyMs(baseline.table, baseline.latencyMs.value, architecture),
    clipScore: null,
    ...facts,
  };
}

/** The architecture that this round starts from, as the action of the round before made it. */
export function currentRow(state: Evolution, clipScore: Estimate | null): ArchitectureRow {
  return architectureRow(state.current.architecture, state.baseline, {
    round: state.round - 1,
    role: 'current',
    weightsHash: clipScore === null ? null : state.weights,
    parentHash: state.parentHash,
    measuredLatencyMs: state.current.latencyMs,
    clipScore,
  });
}

/** An architecture that was scored or measured as a candidate of this round. */
export function candidateArchitectureRow(
  state: Evolution,
  architecture: Architecture,
  facts: Partial<Pick<ArchitectureRow, 'clipScore' | 'measuredLatencyMs'>>,
): ArchitectureRow {
  return architectureRow(architecture, state.baseline, {
    round: state.round,
    role: 'candidate',
    weightsHash: state.weights,
    parentHash: currentHash(state),
    ...facts,
  });
}

/** The whole ranking of a round, as the store keeps it. */
export function candidateRows(
  round: number,
  ranking: readonly RankedCandidate[],
  chosen: readonly Action[],
): CandidateRow[] {
  return ranking.map((candidate) => ({
    round,
    actionKind: candidate.action.type,
    block: candidate.action.block,
    architectureHash: candidate.architectureHash,
    deltaClip: candidate.score?.deltaClip ?? null,
    deltaLatencyMs: candidate.savingMs,
    value: candidate.value,
    rank: candidate.rank,
    status: statusOf(candidate, chosen),
    reason: candidate.reason.text,
    imageCount: candidate.score?.imageCount ?? 0,
  }));
}

/** One row for each kind of action in the proposal. */
export function actionRows(state: Weighing, proposal: Proposal, toHash: string): ActionRow[] {
  const kinds = [...new Set(proposal.actions.map(({ type }) => type))];
  return kinds.map((kind, index) => ({
    index: state.actionCount + 1 + index,
    round: state.round,
    kind,
    blocks: proposal.actions.filter(({ type }) => type === kind).map(({ block }) => block),
    fromHash: currentHash(state),
    toHash,
    reason: proposal.reason,
  }));
}

/** The end of the search, from its last current architecture to the one chosen. */
export function stopRow(state: Evolution, { chosen, stop, actionCount }: Finale): ActionRow {
  return {
    index: actionCount,
    round: state.round,
    kind: 'stop',
    blocks: [],
    fromHash: currentHash(state),
    toHash: hashArchitecture(chosen.architecture),
    reason: stop.text,
  };
}

/** What came of the fine-tuning. */
export function fineTuningRow(
  { chosen, round, actionCount, options }: Finale,
  result: FineTuningResult,
): ActionRow {
  const hash = hashArchitecture(chosen.architecture);
  const { value, low, high } = result.gain;
  const interval = `95% interval ${low.toFixed(4)} to ${high.toFixed(4)}`;
  const verdict = result.kept ? 'its weights are kept' : 'the weights before it are kept';
  return {
    index: actionCount + 1,
    round,
    kind: 'fine-tune',
    blocks: [],
    fromHash: hash,
    toHash: hash,
    reason: `${options.finetuneSteps} steps without skipping changed CLIP by ${value.toFixed(4)} (${interval}): ${verdict}`,
  };
}

function statusOf(
  candidate: Candidate & { rank: number | null },
  chosen: readonly Action[],
): CandidateRow['status'] {
  const { type, block } = candidate.action;
  if (chosen.some((action) => action.type === type && action.block === block)) return 'chosen';
  return candidate.rank === null ? 'excluded' : 'ranked';
}
