import { meanInterval } from './mean-interval.js';

/** A candidate in a race. */
export interface Arm {
  readonly name: string;
  /** dCLIP of each caption; all arms of a race have those of the same captions, in the same order. */
  readonly losses: readonly number[];
  /** What its losses are held against: milliseconds that the table says it saves. Above 0. */
  readonly savingMs: number;
}

/** An end of the order by value, dCLIP / dLatency, that is acted on. */
export interface RaceEnd {
  /** Which value comes first: the lowest, as of removals, or the highest, as of what is copied. */
  readonly first: 'lowest' | 'highest';
  /** Who would be acted on if the race ended now; none where nobody is wanted at this end. */
  readonly leaders: readonly string[];
  /** Gains don't count, at the lowest end: nobody comes before one without any effect. */
  readonly ignoresGains: boolean;
}

export interface RaceRules {
  /** Of neither dropping one that belongs among the first nor ending too early, in the whole race. */
  readonly confidence: number;
  /** CLIP score by which those acted on may turn out worse than the best there were. */
  readonly tolerance: number;
  /** How often the race is looked at, at most. */
  readonly looks: number;
  /** Arms that the race began with. */
  readonly entrants: number;
}

export interface RaceVerdict {
  /** Who can no longer be among the first, at any end. */
  readonly dropped: readonly string[];
  /** Nobody else can do better than the leaders by more than the tolerance. */
  readonly isDecided: boolean;
}

/** What an arm's value, in the order of an end, is at best and at worst. */
interface Bounds {
  readonly name: string;
  readonly best: number;
  readonly worst: number;
  readonly savingMs: number;
}

/**
 * A look at a race between candidates that have been scored on the same captions: who is surely not among those acted on,
 * and whether it is decided who is.
 *
 * Racing (Maron & Moore, Hoeffding Races, NIPS 1993) in the form of subset selection with confidence bounds (Kalyanakrishnan et al., PAC Subset
 * Selection in Stochastic Multi-armed Bandits, ICML 2012): an arm is dropped when at its best it comes after what the leaders are at their worst, and the
 * race is decided when no other at its best comes before a leader at its worst by more than the tolerance. Bounds are Student's, of losses paired by caption and
 * noise. What is claimed rests on the best of the k that belong among the first and on the worst of all m: half of the error is split among
 * the former, half among the latter, at every look (Bonferroni), so that it holds however often the race is looked at.
 */
export function judgeRace(arms: readonly Arm[], ends: readonly RaceEnd[], rules: RaceRules): RaceVerdict {
  const wanted = ends
    .filter(({ leaders }) => leaders.length > 0)
    .map((end) => ({ end, bounds: boundsAt(arms, end, rules, ends.length) }));
  const dropped = arms.filter(({ name }) =>
    wanted.every(({ end, bounds }) => isOutrun(name, bounds, end.leaders)),
  );
  return {
    dropped: dropped.map(({ name }) => name),
    isDecided: wanted.every(({ end, bounds }) => isDecided(bounds, end.leaders, rules.tolerance)),
  };
}

function boundsAt(
  arms: readonly Arm[],
  { first, leaders, ignoresGains }: RaceEnd,
  { confidence, looks, entrants }: RaceRules,
  ends: number,
): Bounds[] {
  const share = (1 - confidence) / (2 * looks * ends);
  const tails = { best: share / leaders.length, worst: share / Math.max(1, entrants) };
  const sign = first === 'lowest' ? 1 : -1;
  const value = (loss: number): number => (ignoresGains ? Math.max(0, loss) : loss);
  return arms.map(({ name, losses, savingMs }) => {
    const signed = losses.map((loss) => sign * loss);
    const best = meanInterval(signed, tails.best).low;
    const worst = meanInterval(signed, tails.worst).high;
    return { name, best: value(best) / savingMs, worst: value(worst) / savingMs, savingMs };
  });
}

function isOutrun(name: string, bounds: readonly Bounds[], leaders: readonly string[]): boolean {
  const own = bounds.find((each) => each.name === name);
  if (own === undefined || leaders.includes(name)) return false;
  return own.best > Math.max(...ofLeaders(bounds, leaders).map(({ worst }) => worst));
}

function isDecided(bounds: readonly Bounds[], leaders: readonly string[], tolerance: number): boolean {
  const others = bounds.filter(({ name }) => !leaders.includes(name));
  const best = Math.min(...others.map((other) => other.best));
  return ofLeaders(bounds, leaders).every(({ worst, savingMs }) => (worst - best) * savingMs <= tolerance);
}

function ofLeaders(bounds: readonly Bounds[], leaders: readonly string[]): readonly Bounds[] {
  return bounds.filter(({ name }) => leaders.includes(name));
}
