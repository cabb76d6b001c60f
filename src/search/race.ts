import { meanInterval, type Sides } from './mean-interval.js';

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
  /** Gains don't count: those that may do no harm aren't dropped, and none is better than one without effect. */
  readonly ignoresGains: boolean;
}

export interface RaceRules {
  /** Of never dropping one that belongs among the first, nor ending too early, in the whole race. */
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

/**
 * A look at a race between candidates that have been scored on the same captions: who is surely not among those acted on,
 * and whether it is decided who is.
 *
 * Action elimination (Even-Dar, Mannor & Mansour, Action Elimination and Stopping Conditions for the Multi-Armed Bandit,
 * JMLR 7, 2006) for the best few instead of the one best, as in Hoeffding races (Maron & Moore, 1997), with intervals of
 * Student's t of paired differences as in F-Race (Birattari et al., GECCO 2002): two candidates share captions and noise, so their
 * difference varies far less than either. The error is split evenly among all comparisons that the claim rests on, at all
 * looks (Bonferroni), so that it holds however often the race is looked at: with k of m acted on, k (m - k) pairs.
 */
export function judgeRace(arms: readonly Arm[], ends: readonly RaceEnd[], rules: RaceRules): RaceVerdict {
  const wanted = ends.filter(({ leaders }) => leaders.length > 0);
  const sides = sidesOf(wanted, rules);
  const dropped = arms.filter((arm) => wanted.every((end) => isOutrun(arm, arms, end, sides)));
  const left = arms.filter((arm) => !dropped.includes(arm));
  return {
    dropped: dropped.map(({ name }) => name),
    isDecided: wanted.every((end) => isDecided(left, end, rules.tolerance, sides)),
  };
}

/** One-sided error of each comparison. */
function sidesOf(ends: readonly RaceEnd[], { confidence, looks, entrants }: RaceRules): Sides {
  const comparisons = ends.reduce((sum, { leaders: { length } }) => sum + length * (entrants - length), 0);
  // each pair is compared to drop one, and to end the race; each arm with no loss at all
  return { tail: (1 - confidence) / (looks * (2 * Math.max(1, comparisons) + entrants)) };
}

function isOutrun(arm: Arm, arms: readonly Arm[], end: RaceEnd, sides: Sides): boolean {
  if (end.leaders.includes(arm.name)) return false;
  if (end.ignoresGains && meanInterval(arm.losses, sides).low <= 0) return false;
  return arms
    .filter(({ name }) => end.leaders.includes(name))
    .every((leader) => meanInterval(lead(leader, arm, end), sides).low > 0);
}

/** By how much of value one arm comes before another, by caption. */
function lead(one: Arm, other: Arm, { first }: RaceEnd): number[] {
  const sign = first === 'lowest' ? 1 : -1;
  return one.losses.map(
    (loss, i) => sign * ((other.losses[i] ?? Number.NaN) / other.savingMs - loss / one.savingMs),
  );
}

function isDecided(arms: readonly Arm[], end: RaceEnd, tolerance: number, sides: Sides): boolean {
  const leads = (arm: Arm): boolean => end.leaders.includes(arm.name);
  const others = arms.filter((arm) => !leads(arm) && !isOutrun(arm, arms, end, sides));
  return arms
    .filter(leads)
    .every((leader) =>
      others.every((other) => meanInterval(regret(leader, other, end), sides).high <= tolerance),
    );
}

/** CLIP lost by acting on the leader and not on the like of the other for the same time, by caption. */
function regret(leader: Arm, other: Arm, end: RaceEnd): number[] {
  if (end.ignoresGains && meanOf(other.losses) <= 0) return [...leader.losses];
  return lead(other, leader, end).map((difference) => difference * leader.savingMs);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
