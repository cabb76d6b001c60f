import { meanInterval } from './mean-interval.js';

/** A candidate in a race. */
export interface Arm {
  readonly name: string;
  /** dCLIP by caption, from the first on: of as many captions as it was scored by so far. */
  readonly losses: readonly number[];
  /** What its losses are held against: milliseconds that the table says it saves. Above 0. */
  readonly savingMs: number;
}

/** Who would be acted on if the race ended now, and what is counted. */
export interface Lead {
  /** Of lowest value, dCLIP / dLatency; none where nobody is wanted. */
  readonly leaders: readonly string[];
  /** Gains don't count: nobody comes before one without any effect. */
  readonly ignoresGains: boolean;
}

export interface RaceRules {
  /** That the leaders are those of lowest mean loss per millisecond over all captions, but for the tolerance. */
  readonly confidence: number;
  /** CLIP score by which those acted on may turn out worse than the best there were. */
  readonly tolerance: number;
  /** How many captions a full pass has. */
  readonly captionCount: number;
  /** How often an arm's bounds are looked at, at most. */
  readonly looks: number;
  /** Arms that the race began with. */
  readonly entrants: number;
}

export interface RaceVerdict {
  /** Who can no longer be among the leaders. */
  readonly dropped: readonly string[];
  /** Who has to be known better: none once the race is decided. */
  readonly advancing: readonly string[];
}

/** What an arm's value by a full pass is at best and at worst. */
interface Bounds {
  readonly name: string;
  readonly best: number;
  /** As `best`, but with gains, whether they count or not. */
  readonly bestWithGains: number;
  readonly worst: number;
  readonly savingMs: number;
  /** Scored by every caption. */
  readonly isExact: boolean;
}

/**
 * A look at a race between candidates: who is surely not among those acted on, and whose pictures would tell most about who is.
 *
 * LUCB (Kalyanakrishnan, Tewari, Auer & Stone, PAC Subset Selection in Stochastic Multi-armed Bandits, ICML 2012): the leader that may be worst and
 * the other that may be best are known better, until no other at its best comes before a leader at its worst by more than the tolerance. Pictures go
 * to those two, not to all whom noise keeps in the race. Dropped are those who at their best come after what the leaders are at their worst (Maron & Moore,
 * Hoeffding Races, NIPS 1993).
 *
 * Bounds are Student's, of losses paired by caption and noise, for the mean over all captions of which those scored so far are a part: they shrink with the
 * captions that are left (finite population correction; Cochran, Sampling Techniques, 1977, section 2.6) and are exact in the end. A wrong end needs the lower bound of
 * one that belongs among the leaders to fail, or the upper bound of one that doesn't: one side of each arm, so that the error is split among arms
 * and looks (Bonferroni), and holds however often the race is looked at.
 */
export function judgeRace(
  arms: readonly Arm[],
  { leaders, ignoresGains }: Lead,
  rules: RaceRules,
): RaceVerdict {
  if (leaders.length === 0) return { dropped: [], advancing: [] };
  const bounds = arms.map((arm) => boundsOf(arm, ignoresGains, rules));
  const leading = bounds.filter(({ name }) => leaders.includes(name));
  const others = bounds
    .filter(({ name }) => !leaders.includes(name))
    .toSorted((one, other) => one.best - other.best || one.bestWithGains - other.bestWithGains);
  const worst = Math.max(...leading.map((leader) => leader.worst));
  return {
    dropped: others.filter(({ best }) => best > worst).map(({ name }) => name),
    advancing: advancing(leading, others, rules.tolerance),
  };
}

function boundsOf(
  { name, losses, savingMs }: Arm,
  ignoresGains: boolean,
  { confidence, captionCount, looks, entrants }: RaceRules,
): Bounds {
  const tail = (1 - confidence) / (looks * Math.max(1, entrants));
  const { low, high } = meanInterval(losses, tail, captionCount);
  const counted = (loss: number): number => (ignoresGains ? Math.max(0, loss) : loss) / savingMs;
  return {
    ...{ name, savingMs, isExact: losses.length >= captionCount },
    ...{ best: counted(low), bestWithGains: low / savingMs, worst: counted(high) },
  };
}

/** @param others the best first */
function advancing(leading: readonly Bounds[], others: readonly Bounds[], tolerance: number): string[] {
  /** CLIP that acting on the one instead of the other loses at most. */
  const regret = (leader: Bounds, other: Bounds): number => (leader.worst - other.best) * leader.savingMs;
  const isOpen = (leader: Bounds, other: Bounds): boolean => regret(leader, other) > tolerance;
  const [threat] = others;
  if (threat === undefined) return [];
  const doubtful = leading
    .filter((leader) => isOpen(leader, threat))
    .toSorted((one, other) => regret(other, threat) - regret(one, threat));
  const threats = others.filter((other) => doubtful.some((leader) => isOpen(leader, other)));
  const leastKnown = [doubtful, threats].map((side) => side.find(({ isExact }) => !isExact)?.name);
  return leastKnown.filter((name) => name !== undefined);
}
