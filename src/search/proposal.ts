import { describeAction } from '../architecture/action.js';
import type { ActionGroup } from '../architecture/action.js';
import { lossOf } from './ranking.js';
import type { RankedCandidate } from './ranking.js';
import { actionKey, type Candidate, type Reason } from './candidate.js';
import type { SearchOptions } from './search-options.js';

/** A group of actions to be scored and measured as a whole, and then done or not. */
export interface Proposal {
  /** `removal` towards the budget; `addition` within it, with a removal that pays for it where needed. */
  readonly kind: 'removal' | 'addition';
  readonly actions: ActionGroup;
  /** Why these actions together. */
  readonly reason: string;
}

/** Proposals in the order they are to be weighed, and why others are none. */
export interface Proposals {
  readonly proposals: readonly Proposal[];
  readonly dismissed: readonly { readonly candidate: RankedCandidate; readonly reason: Reason }[];
}

/**
 * Removals towards the budget, and blocks on int8: the first of the ranking, as many as the group may hold or the table says are needed,
 * whichever is fewer, of a block that has both the first alone, and a last resort by itself; then the same with the last left out, down to the first alone.
 * @param excessMs what the current architecture takes over the budget
 */
export function proposeRemovals(
  removals: readonly RankedCandidate[],
  excessMs: number,
  groupSize: number,
): Proposal[] {
  const group: RankedCandidate[] = [];
  let savedMs = 0;
  for (const candidate of removals) {
    if (candidate.rank === null || group.length === groupSize || (savedMs >= excessMs && group.length > 0))
      break;
    if (candidate.reason.code === 'last-resort' && group.length > 0) break;
    if (group.some(({ action }) => action.block === candidate.action.block)) continue;
    group.push(candidate);
    savedMs += candidate.savingMs.value;
  }
  return group.map((_, left) => removalOf(group.slice(0, group.length - left)));
}

/**
 * Additions in the order of their ranking, each alone where it fits the budget, else together with the removal that
 * pays for it: the first of the removal order that saves enough and loses less than the addition gains, by more than the tolerance where a block is restored.
 * @param slackMs what the current architecture leaves of the budget; not negative
 */
export function proposeAdditions(
  additions: readonly RankedCandidate[],
  removals: readonly RankedCandidate[],
  slackMs: number,
  { maxProposals, lossTolerance }: Pick<SearchOptions, 'maxProposals' | 'lossTolerance'>,
): Proposals {
  const proposals: Proposal[] = [];
  const dismissed: Proposals['dismissed'][number][] = [];
  for (const addition of additions) {
    if (addition.rank === null || proposals.length === maxProposals) continue;
    const missingMs = -addition.savingMs.value - slackMs;
    const payer = removals.find(
      (removal) => makesRoom(removal, addition, missingMs) && pays(removal, addition, lossTolerance),
    );
    if (missingMs <= 0) proposals.push(additionOf([addition]));
    else if (payer !== undefined) proposals.push(additionOf([payer, addition]));
    else dismissed.push({ candidate: addition, reason: unpaid(missingMs) });
  }
  return { proposals, dismissed };
}

/** What of a ranking a proposal is made of. */
export function partsOf(
  ranking: readonly RankedCandidate[],
  proposal: Proposal | undefined,
): RankedCandidate[] {
  const keys = new Set(proposal?.actions.map(actionKey));
  return ranking.filter(({ action }) => keys.has(actionKey(action)));
}

/** Whether the removal makes room for the addition, at whatever loss. @param missingMs what the addition lacks to fit the budget */
export function makesRoom(removal: RankedCandidate, { action }: Candidate, missingMs: number): boolean {
  const isTold = removal.rank !== null && removal.reason.code !== 'last-resort';
  if (!isTold || removal.savingMs.value < missingMs) return false;
  return removal.action.block !== action.block;
}

/** A restored block has to gain more than the tolerance, with what makes room for it as by itself. */
function pays(removal: RankedCandidate, addition: RankedCandidate, lossTolerance: number): boolean {
  if (addition.reason.code === 'valuable-source') return (removal.value ?? 0) < (addition.value ?? 0);
  const leastGain = addition.action.type === 'restore' ? lossTolerance : 0;
  return lossOf(removal) + leastGain < -lossOf(addition);
}

function unpaid(missingMs: number): Reason {
  const text = `it breaks the budget by ${missingMs.toFixed(3)} ms, and no removal pays for it at a smaller loss`;
  return { code: 'unpaid', text };
}

function removalOf(parts: readonly RankedCandidate[]): Proposal {
  const reason =
    parts.length === 1
      ? 'first of the removal order'
      : `the first ${parts.length} of the removal order, together`;
  return { kind: 'removal', actions: actionsOf(parts), reason };
}

function additionOf(parts: readonly RankedCandidate[]): Proposal {
  const reason =
    parts.length === 1
      ? 'an addition that fits the budget'
      : `an exchange: ${describeAction(actionsOf(parts))}`;
  return { kind: 'addition', actions: actionsOf(parts), reason };
}

function actionsOf(parts: readonly RankedCandidate[]): ActionGroup {
  return parts.map(({ action }) => action);
}
