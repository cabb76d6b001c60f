/** A candidate in a race. */
export interface Arm {
  readonly name: string;
  /** CLIP that it may lose, by all captions, at best and at worst; the same once it is scored by all. */
  readonly loss: Bounds;
  /** What its loss is held against: milliseconds that the table says it saves. Not 0; below 0 of one that costs time, which `literal` scoring doesn't exclude. */
  readonly savingMs: number;
}

/** Between which two values something lies, at some confidence; both the same where it is known. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

export interface RaceVerdict {
  /** Who can no longer be among the leaders. */
  readonly dropped: readonly string[];
  /** Who has to be known better: none once the race is decided. */
  readonly advancing: readonly string[];
}

export const DECIDED: RaceVerdict = { dropped: [], advancing: [] };

/** Of the tolerance: so much beyond it, what is not known yet still counts as harmless. To tell on which side of an edge it lies, it would be scored by all captions. */
const EDGE_SHARE = 0.5;

/** Whether a block loses no more than the tolerance at worst. @param worstLoss the upper end of its dCLIP's interval */
export function isHarmless({ low, high }: Bounds, tolerance: number): boolean {
  return low <= tolerance && high <= (low === high ? 1 : 1 + EDGE_SHARE) * tolerance;
}

/**
 * A look at a race between candidates: who is surely not among those acted on, and whose pictures would tell most about who is.
 *
 * LUCB (Kalyanakrishnan, Tewari, Auer & Stone, PAC Subset Selection in Stochastic Multi-armed Bandits, ICML 2012): the leader that may be worst and
 * the other that may be best are known better, until no other at its best comes before a leader at its worst by more than the tolerance. Pictures go
 * to those two, not to all whom noise keeps in the race. Dropped are those who at their best come after what the leaders are at their worst (Maron & Moore,
 * Hoeffding Races, NIPS 1993).
 * @param leaders who would be acted on if the race ended now: those of lowest loss per millisecond
 * @param tolerance CLIP score by which leaders may turn out worse than the best there were
 */
export function judgeRace(arms: readonly Arm[], leaders: readonly string[], tolerance: number): RaceVerdict {
  if (leaders.length === 0) return DECIDED;
  const leading = arms.filter(({ name }) => leaders.includes(name));
  const others = arms
    .filter(({ name }) => !leaders.includes(name))
    .toSorted((one, other) => best(one) - best(other));
  const leastOfLeaders = Math.max(...leading.map(worst));
  return {
    dropped: others.filter((other) => best(other) > leastOfLeaders).map(({ name }) => name),
    advancing: advancing(leading, others, tolerance),
  };
}

/**
 * A look at the race of removals, where blocks that lose no more than the tolerance come before all others, the one that saves most first.
 *
 * What has to be known then is only whether a block is one of those, and only of blocks that would come before the last one acted on. The block goes on that is likeliest to be harmless: it takes
 * fewest pictures to be sure of, and what is sure of enough blocks that save much settles the rest unseen. Where there are too few of them, the others race by {@link judgeRace}.
 */
export function judgeHarmless(
  arms: readonly Arm[],
  leaders: readonly string[],
  tolerance: number,
): RaceVerdict {
  if (leaders.length === 0) return DECIDED;
  const isSure = ({ loss }: Arm): boolean => isHarmless(loss, tolerance);
  const leading = arms.filter(({ name }) => leaders.includes(name));
  const leastSavingMs = leading.every(isSure) ? Math.min(...leading.map(({ savingMs }) => savingMs)) : 0;
  const [likeliest] = arms
    .filter((arm) => !isSure(arm) && arm.loss.low <= tolerance && arm.savingMs > leastSavingMs)
    .toSorted((one, other) => middle(one) - middle(other));
  if (likeliest !== undefined) return { dropped: [], advancing: [likeliest.name] };
  const harmful = arms.filter((arm) => !isSure(arm));
  const wanted = harmful.map(({ name }) => name).filter((name) => leaders.includes(name));
  return judgeRace(harmful, wanted, tolerance);
}

const best = ({ loss, savingMs }: Arm): number => Math.min(loss.low / savingMs, loss.high / savingMs);
const worst = ({ loss, savingMs }: Arm): number => Math.max(loss.low / savingMs, loss.high / savingMs);
const middle = ({ loss }: Arm): number => (loss.low + loss.high) / 2;

/** @param others the best first */
function advancing(leading: readonly Arm[], others: readonly Arm[], tolerance: number): string[] {
  /** CLIP that acting on the one instead of the other loses at most. */
  const regret = (leader: Arm, other: Arm): number =>
    (worst(leader) - best(other)) * Math.abs(leader.savingMs);
  const isOpen = (leader: Arm, other: Arm): boolean => regret(leader, other) > tolerance;
  const isExact = ({ loss }: Arm): boolean => loss.low === loss.high;
  const [threat] = others;
  if (threat === undefined) return [];
  const doubtful = leading
    .filter((leader) => isOpen(leader, threat))
    .toSorted((one, other) => regret(other, threat) - regret(one, threat));
  const threats = others.filter((other) => doubtful.some((leader) => isOpen(leader, other)));
  const leastKnown = [doubtful, threats].map((side) => side.find((arm) => !isExact(arm))?.name);
  return leastKnown.filter((name) => name !== undefined);
}
