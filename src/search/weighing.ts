import { mean } from 'simple-statistics';
import { isReduction } from '../architecture/action.js';
import { applyActions } from '../architecture/architecture.js';
import { hashArchitecture } from '../architecture/canonical-form.js';
import { beginRound, evolved } from './begin-round.js';
import type { CandidateScore, Reason } from './candidate.js';
import { compareScores } from './compare-scores.js';
import type { Estimate } from '../statistics/estimate.js';
import type { EventOf } from './event.js';
import { finish } from './finale.js';
import { withRows } from './move.js';
import type { Move } from './move.js';
import { partsOf, proposeAdditions, proposeRemovals } from './proposal.js';
import type { Proposal, Proposals } from './proposal.js';
import { rankAdditions, rankRemovals } from './ranking.js';
import type { RankedCandidate } from './ranking.js';
import { actionRows, candidateArchitectureRow, candidateRows, currentRow } from './row-builders.js';
import { isBudgetMet } from './state.js';
import type { MeasuringProposal, ScoringCandidates, ScoringProposal, Weighing } from './state.js';
import { stopAfterAction, stopBeforeReturn, stopUnreachable } from './stop.js';
import { proposedArchitecture } from './work.js';

/** All scores of the round are there: rank the candidates and make proposals of them. */
export function weigh(state: ScoringCandidates): Move {
  const { candidates, race: _over, ...rest } = state;
  const { groupSize } = state.options;
  const excessMs = state.current.latencyMs.value - state.baseline.budgetMs;
  const removals = rankRemovals(
    candidates.filter(({ action }) => isReduction(action)),
    state.options,
  );
  if (!isBudgetMet(state)) {
    return consider({
      ...rest,
      ranking: removals,
      proposals: proposeRemovals(removals, excessMs, groupSize),
    });
  }
  const additions = rankAdditions(
    candidates.filter(({ action }) => !isReduction(action)),
    removals,
    state.options,
  );
  const proposals = proposeAdditions(additions, removals, -excessMs, state.options);
  return consider({
    ...rest,
    ranking: wholeRanking(additions, removals, proposals),
    proposals: proposals.proposals,
  });
}

/** The proposal as a whole is scored: it loses too much together, or goes on to be measured. */
export function takeProposalScore(state: ScoringProposal, { scores }: EventOf<'scored'>): Move {
  const [proposal] = state.proposals;
  if (proposal === undefined) return consider(state);
  const score = compareScores(state, scores);
  const architecture = proposedArchitecture(state);
  const rows = { architectures: [candidateArchitectureRow(state, architecture, { clipScore: score.clip })] };
  const lossOfParts = sumOfLosses(state, proposal, scores.length);
  const excess = score.deltaClip.value - lossOfParts;
  const move =
    excess > state.options.combinationTolerance
      ? consider(reject(state, proposal, tooHarmful(score, proposal, lossOfParts)))
      : measure(state, proposal, score);
  return withRows(rows, move);
}

/** The proposal is measured end to end. */
export function takeProposalLatency(
  { phase: _measured, proposalScore, ...rest }: MeasuringProposal,
  { architectureHash, latencyMs }: EventOf<'architecture-measured'>,
): Move {
  const state = { ...rest, measurements: [...rest.measurements, { architectureHash, latencyMs }] };
  const [proposal] = state.proposals;
  return proposal === undefined ? consider(state) : decide(state, proposal, latencyMs, proposalScore);
}

/** Takes up the first proposal that is left; without one, the round ends as it began, or the search ends. */
function consider(state: Weighing): Move {
  const [proposal] = state.proposals;
  if (proposal === undefined) return withoutProposal(state);
  const hash = hashArchitecture(proposedArchitecture(state));
  const latencyMs = knownLatency(state, hash);
  if (latencyMs !== undefined && breaksBudget(state, proposal, latencyMs)) {
    return consider(reject(state, proposal, overBudget(latencyMs)));
  }
  const stop = stopBeforeReturn(state.visits, state.progress, hash);
  if (stop !== null) {
    if (state.proposals.length > 1) return consider(reject(state, proposal, leadsBack()));
    return withRows(rankingRows(state, []), finish(state, stop));
  }
  if (proposal.actions.length > 1) return { state: { ...state, phase: 'scoring-proposal' }, rows: {} };
  return measure(state, proposal, null);
}

function withoutProposal(state: Weighing): Move {
  const next = isBudgetMet(state)
    ? beginRound({ ...state, round: state.round + 1 })
    : finish(state, stopUnreachable(state.current.latencyMs, state.baseline.budgetMs));
  return withRows(rankingRows(state, []), next);
}

function measure(state: Weighing, proposal: Proposal, proposalScore: CandidateScore | null): Move {
  const latencyMs = knownLatency(state, hashArchitecture(proposedArchitecture(state)));
  if (latencyMs !== undefined) return decide(state, proposal, latencyMs, proposalScore);
  return { state: { ...state, phase: 'measuring-proposal', proposalScore }, rows: {} };
}

function decide(
  state: Weighing,
  proposal: Proposal,
  latencyMs: Estimate,
  proposalScore: CandidateScore | null,
): Move {
  const architecture = proposedArchitecture(state);
  const scored = proposalScore ?? scoreOfSingle(state, proposal);
  const facts = { measuredLatencyMs: latencyMs, clipScore: scored?.clip ?? null };
  const move = breaksBudget(state, proposal, latencyMs)
    ? consider(reject(state, proposal, overBudget(latencyMs)))
    : act(state, proposal, latencyMs);
  return withRows({ architectures: [candidateArchitectureRow(state, architecture, facts)] }, move);
}

/** Evolves the network. */
function act(state: Weighing, proposal: Proposal, latencyMs: Estimate): Move {
  const architecture = applyActions(state.current.architecture, proposal.actions);
  const actions = actionRows(state, proposal, hashArchitecture(architecture));
  const next = evolved(state, { architecture, latencyMs }, actions.length);
  const stop = stopAfterAction(state.round, state.options);
  return withRows(
    { ...rankingRows(state, proposal.actions), actions },
    stop === null
      ? beginRound(next)
      : withRows({ architectures: [currentRow(next, null)] }, finish({ ...next, round: state.round }, stop)),
  );
}

/** Leaves the proposal out. Its last action is what the next one goes without, and is told why. */
function reject(state: Weighing, proposal: Proposal, reason: Reason): Weighing {
  const dropped = proposal.actions.at(-1);
  const ranking = state.ranking.map((candidate) =>
    candidate.action.type === dropped?.type && candidate.action.block === dropped.block
      ? { ...candidate, reason }
      : candidate,
  );
  return { ...state, ranking, proposals: state.proposals.slice(1) };
}

/** Additions must keep the budget; a removal on the way there may still be above it. */
function breaksBudget({ baseline }: Weighing, { kind }: Proposal, latencyMs: Estimate): boolean {
  return kind === 'addition' && latencyMs.value > baseline.budgetMs;
}

function knownLatency({ measurements }: Weighing, hash: string): Estimate | undefined {
  return measurements.find(({ architectureHash }) => architectureHash === hash)?.latencyMs;
}

function scoreOfSingle({ ranking }: Weighing, { actions }: Proposal): CandidateScore | null {
  const [only] = actions;
  const candidate = ranking.find(({ action }) => action.type === only?.type && action.block === only.block);
  return candidate?.score ?? null;
}

function rankingRows(
  state: Weighing,
  chosen: Proposal['actions'],
): { candidates: ReturnType<typeof candidateRows> } {
  return { candidates: candidateRows(state.round, state.ranking, chosen) };
}

/** Additions first, then the removals that may pay for them, with the reasons of those that nothing pays for. */
function wholeRanking(
  additions: readonly RankedCandidate[],
  removals: readonly RankedCandidate[],
  { dismissed }: Proposals,
): RankedCandidate[] {
  const count = additions.filter(({ rank }) => rank !== null).length;
  return [
    ...additions.map((addition) => {
      const reason = dismissed.find(({ candidate }) => candidate === addition)?.reason ?? addition.reason;
      return { ...addition, reason };
    }),
    ...removals.map((removal) => ({ ...removal, rank: removal.rank === null ? null : removal.rank + count })),
  ];
}

/** dCLIP of a proposal's actions, each alone by the first captions, added up: to be held against what they lose together by the same captions. */
function sumOfLosses({ ranking, currentScore }: Weighing, proposal: Proposal, captions: number): number {
  const meanOf = (scores: readonly number[]): number => mean(scores.slice(0, captions));
  const current = meanOf(currentScore.scores);
  return partsOf(ranking, proposal).reduce((sum, { scores }) => sum + current - meanOf(scores), 0);
}

function tooHarmful({ deltaClip }: CandidateScore, { actions }: Proposal, lossOfParts: number): Reason {
  const loss = `${actions.length} actions together lose ${deltaClip.value.toPrecision(3)} of CLIP`;
  const text = `left out: ${loss}, more than the sum of their parts, ${lossOfParts.toPrecision(3)}`;
  return { code: 'combination-too-harmful', text };
}

function leadsBack(): Reason {
  const text = 'left out: it leads back to where the search has been, with nothing gained since';
  return { code: 'came-round', text };
}

function overBudget(latencyMs: Estimate): Reason {
  return {
    code: 'over-budget',
    text: `left out: it measures ${latencyMs.value.toFixed(3)} ms, over the budget`,
  };
}
