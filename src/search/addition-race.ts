import { actionKey, behindOthers, racing, type Candidate } from './candidate.js';
import { lossesOf } from './compare-scores.js';
import { makesRoom, proposeAdditions } from './proposal.js';
import { meanInterval } from './mean-interval.js';
import { judgeRace, type Arm, type RaceVerdict } from './race.js';
import { rankAdditions, rankRemovals, type RankedCandidate } from './ranking.js';
import type { ScoringCandidates } from './state.js';

/** A block that may come back, with the removal that makes room for it; null where there is room. */
interface Exchange {
  readonly addition: Candidate;
  readonly payer: Candidate | null;
}

const nothing = 'nothing';

/**
 * A look at the race of blocks that may come back: for what each gains, less what is lost by the removal that makes room for it. To do
 * nothing is one of the entrants, and counts as a gain of the tolerance, which others have to be beyond. Those that surely gain no more by themselves are out, and those that no removal makes room for. Copies don't race, since they change next to nothing until they are
 * trained. The removal that makes room is the one that the ranking puts first by now, and may be another at the next look: of that choice the
 * bounds know nothing.
 * @returns the verdict, and the actions that would be proposed first if the race ended now
 */
export function judgeAdditions(
  state: ScoringCandidates,
  tailOf: (entrants: number) => number,
): { readonly verdict: RaceVerdict; readonly proposed: readonly string[] } {
  const { options, baseline, current } = state;
  const { lossTolerance } = options;
  const additions = ofTypes(state, ['restore', 'copy']);
  const slackMs = baseline.budgetMs - current.latencyMs.value;
  const ranking = rankRemovals(ofTypes(state, ['remove', 'quantize']), options);
  const restores = racing(additions).filter(({ action }) => action.type === 'restore');
  // a restored block has two bounds, its own and its exchange's
  const tail = tailOf(additions.length + restores.length + 1);
  // what gains nothing by itself is not added, whatever the removal does that makes room for it
  const mayGain = (addition: Candidate): boolean =>
    armOf({ addition, payer: null }, state, tail).loss.low < -lossTolerance;
  const exchanges = restores.filter(mayGain).flatMap((addition) => exchangeFor(addition, ranking, slackMs));
  const { proposals } = proposeAdditions(
    rankAdditions(additions, ranking, options),
    ranking,
    slackMs,
    options,
  );
  const proposed = (proposals[0]?.actions ?? []).map(actionKey);
  const leader = exchanges.map(keyOf).find((key) => proposed.includes(key)) ?? nothing;
  const { dropped, advancing } = judgeRace(
    [
      { name: nothing, loss: { low: -lossTolerance, high: -lossTolerance }, savingMs: 1 },
      ...exchanges.map((exchange) => armOf(exchange, state, tail)),
    ],
    [leader],
    lossTolerance,
  );
  const possible = new Set(exchanges.map(keyOf));
  const impossible = restores.map(({ action }) => actionKey(action)).filter((key) => !possible.has(key));
  const verdict = {
    dropped: [...dropped, ...impossible],
    advancing: exchanges
      .filter((exchange) => advancing.includes(keyOf(exchange)))
      .flatMap((exchange) => leastScored(exchange).map(({ action }) => actionKey(action))),
  };
  return { verdict, proposed };
}

/** None where no removal makes room. */
function exchangeFor(addition: Candidate, ranking: readonly RankedCandidate[], slackMs: number): Exchange[] {
  const missingMs = -addition.savingMs.value - slackMs;
  if (missingMs <= 0) return [{ addition, payer: null }];
  const payer = ranking.find((removal) => makesRoom(removal, addition, missingMs));
  return payer === undefined ? [] : [{ addition, payer }];
}

function keyOf({ addition }: Exchange): string {
  return actionKey(addition.action);
}

/** What has to be scored further for the exchange to be known better: the one of its two that is scored by fewer captions, or both. */
function leastScored({ addition, payer }: Exchange): readonly Candidate[] {
  if (payer === null) return [addition];
  const behind = behindOthers([addition, payer]);
  return behind.length > 0 ? behind : [addition, payer];
}

/** Net loss of those captions that both parts are scored by. */
function armOf({ addition, payer }: Exchange, state: ScoringCandidates, tail: number): Arm {
  const ofAddition = lossesOf(state, addition.scores);
  const ofPayer = payer === null ? ofAddition.map(() => 0) : lossesOf(state, payer.scores);
  const losses = ofAddition
    .slice(0, ofPayer.length)
    .map((loss, index) => loss + (ofPayer[index] ?? Number.NaN));
  const loss = meanInterval(losses, tail, state.options.captionCount);
  return { name: actionKey(addition.action), loss, savingMs: 1 };
}

function ofTypes(
  { candidates }: ScoringCandidates,
  types: readonly Candidate['action']['type'][],
): readonly Candidate[] {
  return candidates.filter(({ action }) => types.includes(action.type));
}
