import { actionKey, racing, type Candidate } from './candidate.js';
import { makesRoom, proposeAdditions } from './proposal.js';
import { judgeRace, type Arm, type RaceRules, type RaceVerdict } from './race.js';
import { rankAdditions, rankRemovals } from './ranking.js';
import type { ScoringCandidates } from './state.js';

/** A block that may come back, with the removal that makes room for it; null where there is room. */
interface Exchange {
  readonly addition: Candidate;
  readonly payer: Candidate | null;
}

const nothing = 'nothing';

/**
 * A look at the race of blocks that may come back: for what each gains, less what is lost by the removal that makes room for it. To do
 * nothing is one of the entrants. Those that no removal makes room for are out; where a removal was scored by fewer captions, the race ends
 * with them. Copies don't race, since they change next to nothing until they are trained.
 */
export function judgeAdditions(state: ScoringCandidates, rules: Omit<RaceRules, 'entrants'>): RaceVerdict {
  const { options, captionTarget } = state;
  const removals = ofTypes(state, ['remove']);
  const additions = ofTypes(state, ['restore', 'copy']);
  const slackMs = state.baseline.budgetMs - state.current.latencyMs.value;
  const ranking = rankRemovals(removals, options.scoring);
  const restores = racing(additions).filter(({ action }) => action.type === 'restore');
  const exchanges = restores.flatMap((addition): Exchange[] => {
    const missingMs = -addition.savingMs.value - slackMs;
    if (missingMs <= 0) return [{ addition, payer: null }];
    const payer = ranking.find((removal) => makesRoom(removal, addition, missingMs));
    return payer === undefined ? [] : [{ addition, payer }];
  });
  const counts = exchanges.map(({ payer }) => payer?.scores.length ?? captionTarget);
  const count = Math.min(captionTarget, ...counts);
  const { proposals } = proposeAdditions(
    rankAdditions(additions, ranking, options.scoring),
    ranking,
    slackMs,
    options.maxProposals,
  );
  const proposed = (proposals[0]?.actions ?? []).map(actionKey);
  const arms = exchanges.map((exchange) => armOf(exchange, count, state));
  const leader = arms.find(({ name }) => proposed.includes(name))?.name ?? nothing;
  const verdict = judgeRace(
    [{ name: nothing, losses: Array<number>(count).fill(0), savingMs: 1 }, ...arms],
    [{ first: 'lowest', leaders: [leader], ignoresGains: false }],
    { ...rules, entrants: additions.length + 1 },
  );
  const possible = new Set(arms.map(({ name }) => name));
  const impossible = restores.map(({ action }) => actionKey(action)).filter((name) => !possible.has(name));
  return {
    dropped: [...verdict.dropped, ...impossible],
    isDecided: verdict.isDecided || count < captionTarget,
  };
}

/** Net loss by caption. */
function armOf({ addition, payer }: Exchange, count: number, { currentScore }: ScoringCandidates): Arm {
  const losses = currentScore.scores.slice(0, count).map((score, index) => {
    const lossOf = ({ scores }: Candidate): number => score - (scores[index] ?? Number.NaN);
    return lossOf(addition) + (payer === null ? 0 : lossOf(payer));
  });
  return { name: actionKey(addition.action), losses, savingMs: 1 };
}

function ofTypes(
  { candidates }: ScoringCandidates,
  types: readonly Candidate['action']['type'][],
): readonly Candidate[] {
  return candidates.filter(({ action }) => types.includes(action.type));
}
