import { bootstrapMean } from '../../src/search/bootstrap.js';
import type { EventOf, SearchEvent } from '../../src/search/event.js';
import type { SearchOptions } from '../../src/search/search-options.js';
import { initialState, type ScoringCandidates, type SearchState } from '../../src/search/state.js';
import { step } from '../../src/search/step.js';
import { openWork } from '../../src/search/work.js';
import type { Architecture } from '../../src/architecture/architecture.js';
import { actionKey } from '../../src/search/candidate.js';
import { entered } from '../../src/search/racing.js';
import type { Action } from '../../src/architecture/action.js';
import type { Estimate } from '../../src/statistics/estimate.js';
import { sum, ZERO } from '../../src/statistics/estimate.js';
import { negate } from '../../src/statistics/estimate.js';
import { savingMs } from '../../src/search/latency-table.js';
import { applyAction } from '../../src/architecture/architecture.js';
import { hashArchitecture } from '../../src/architecture/canonical-form.js';

/** A decision of a search that scored every candidate by every caption. */
export interface Decision {
  readonly round: number;
  /** Before any candidate was scored. */
  readonly state: ScoringCandidates;
  /** By architecture, a score per caption. */
  readonly scores: ReadonlyMap<string, readonly number[]>;
}

/** What a pass over some captions led to. */
export interface Outcome {
  readonly actions: readonly Action[];
  /** Made for candidates. */
  readonly images: number;
}

/** The decisions of a search by what it stored. */
export function decisionsOf(
  options: SearchOptions,
  original: Architecture,
  weights: string,
  events: readonly SearchEvent[],
): Decision[] {
  let state: SearchState = initialState(options, original, weights);
  const decisions: { round: number; state: ScoringCandidates; scores: Map<string, readonly number[]> }[] = [];
  for (const event of events) {
    const last = decisions.at(-1);
    if (state.phase === 'scoring-candidates' && event.type === 'scored') {
      last?.scores.set(event.architectureHash, event.scores);
    }
    const next: SearchState = step(state, event).state;
    if (next.phase === 'scoring-candidates' && last?.round !== next.round) {
      decisions.push({ round: next.round, state: next, scores: new Map() });
    }
    state = next;
  }
  return decisions.filter(({ round }) => round < decisions.length || state.phase === 'done');
}

/**
 * Takes a decision anew, by the captions in some order and by other options. A copy that was never scored counts as without effect:
 * copies change next to nothing until they are trained.
 */
export function decide(
  { state, scores }: Decision,
  order: readonly number[],
  options: Partial<SearchOptions>,
): Outcome {
  const inOrder = (of: readonly number[]): number[] => order.map((index) => of[index] ?? Number.NaN);
  const current = state.currentScore.scores;
  const changed = { ...state.options, ...options };
  let at: SearchState = {
    ...state,
    options: changed,
    currentScore: { ...state.currentScore, scores: inOrder(current) },
    candidates: entered(state.candidates, changed),
  };
  let images = 0;
  while (at.phase === 'scoring-candidates') {
    const [work] = openWork(at);
    if (work?.type !== 'score') throw new Error('expected candidates to be scored');
    const { from, to } = work.captions;
    images += to - from;
    const event: EventOf<'scored'> = {
      ...{ type: 'scored', architectureHash: work.architectureHash, weights: work.weights },
      captions: work.captions,
      scores: inOrder(scores.get(work.architectureHash) ?? current).slice(from, to),
    };
    at = step(at, event).state;
  }
  return { actions: 'proposals' in at ? (at.proposals[0]?.actions ?? []) : [], images };
}

/** What actions do by all captions, each by itself, added up. */
export interface Effect {
  /** dCLIP. */
  readonly loss: Estimate;
  readonly savingMs: Estimate;
}

export function effectOf({ state, scores }: Decision, actions: readonly Action[]): Effect {
  const table = state.baseline.table;
  const parts = actions.map(({ block, ...rest }) => {
    const hash = hashArchitecture(applyAction(state.current.architecture, { block, ...rest }));
    const saving = savingMs(table, { id: block });
    return { scores: scores.get(hash) ?? [], saving: rest.type === 'remove' ? saving : negate(saving) };
  });
  const losses = state.currentScore.scores.map((score, index) =>
    parts.reduce((loss, part) => loss + score - (part.scores[index] ?? score), 0),
  );
  return {
    loss: bootstrapMean(losses, { seed: 0, round: state.round }),
    savingMs: parts.map(({ saving }) => saving).reduce((total, each) => sum(total, each), ZERO),
  };
}

/**
 * Whether an outcome is the truth's action, or one that is as good: that loses no more and saves no less than what the truth's
 * loses and saves, but for the intervals of these.
 */
export function agrees(
  decision: Decision,
  outcome: Outcome,
  truth: Outcome,
): { same: boolean; within: boolean } {
  const named = ({ actions }: Outcome): string => actions.map(actionKey).toSorted().join();
  const same = named(outcome) === named(truth);
  const [found, wanted] = [effectOf(decision, outcome.actions), effectOf(decision, truth.actions)];
  const isAsGood = found.loss.value <= wanted.loss.high && found.savingMs.value >= wanted.savingMs.low;
  return { same, within: same || isAsGood };
}
