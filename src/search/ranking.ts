import { isLastResort, type Candidate, type Reason } from './candidate.js';
import type { Estimate } from '../statistics/estimate.js';
import { CLOCK_TICK_MS } from './latency-table.js';
import { isHarmless } from './race.js';
import type { SearchOptions } from './search-options.js';

/** dCLIP of what was not scored. */
const NO_LOSS: Estimate = { value: 0, low: 0, high: 0 };

/** A candidate in its place, or out of it, with the reason. */
export interface RankedCandidate extends Candidate {
  /** dCLIP / dLatency: CLIP lost per millisecond saved, or gained per millisecond spent; null where undefined. */
  readonly value: number | null;
  /** 1 is acted on first; null when excluded. */
  readonly rank: number | null;
  readonly reason: Reason;
}

/** More than any placement's class. */
const classes = 3;

/** Of removals that come after all others, the dropped ones too. */
const lastClass = 2 * classes;

/** A candidate with what it is sorted by: lower classes first, then lower keys, then the block's name. */
interface Placement {
  readonly candidate: Candidate;
  readonly value: number | null;
  readonly class: number;
  readonly key: number;
  readonly reason: Reason;
}

/**
 * The order in which blocks are removed. `snapevo`: first those that lose no more than the tolerance at worst, largest saving first,
 * then by what is lost per millisecond at worst; `literal`: by value alone. Last resorts come after those that save something for certain. Ties by block name; the excluded come last.
 */
export function rankRemovals(
  candidates: readonly Candidate[],
  { scoring, lossTolerance }: Pick<SearchOptions, 'scoring' | 'lossTolerance'>,
): RankedCandidate[] {
  const place = (candidate: Candidate): Placement => {
    if (isLastResort(candidate)) return placeLastResort(candidate);
    return scoring === 'literal' ? placeByValue(candidate) : placeRemoval(candidate, lossTolerance);
  };
  return ranked(candidates, 1, place);
}

/**
 * The order in which additions are tried: first those scored to raise CLIP by more than the tolerance, by CLIP gained per millisecond; then
 * copies of blocks by the value of what they copy, largest first, as the paper has it, since a copy proves itself only
 * once trained. `literal`: the paper's order alone.
 * @param removals the round's ranking, which knows what each present block is worth
 */
export function rankAdditions(
  candidates: readonly Candidate[],
  removals: readonly RankedCandidate[],
  { scoring, lossTolerance }: Pick<SearchOptions, 'scoring' | 'lossTolerance'>,
): RankedCandidate[] {
  const worth = new Map(removals.filter(isRemoval).map(({ action, value }) => [action.block, value]));
  return ranked(candidates, 1, (candidate) => {
    if (scoring === 'snapevo' && isGain(candidate, lossTolerance)) return placeGain(candidate);
    return placeCopy(candidate, worth.get(candidate.action.block) ?? null);
  });
}

/** Blocks of a removal ranking, the most valuable first. */
export function mostValuable(removals: readonly RankedCandidate[]): readonly RankedCandidate[] {
  return removals
    .filter((each) => isRemoval(each) && each.value !== null)
    .toSorted((one, other) => (other.value ?? 0) - (one.value ?? 0) || byName(one, other));
}

const isRemoval = ({ action }: Candidate): boolean => action.type === 'remove';

/** dCLIP of a candidate; zero where it was not scored. */
export function lossOf({ score }: Candidate): number {
  return (score?.deltaClip ?? NO_LOSS).value;
}

/**
 * A block whose return gains no more than the tolerance would be taken out again as harmless, and which of those seem to gain anything is noise. A
 * copy changes next to nothing until it is trained: only what is beyond its noise counts.
 */
function isGain({ action, score }: Candidate, lossTolerance: number): boolean {
  const { value, high } = score?.deltaClip ?? NO_LOSS;
  return action.type === 'copy' ? high < 0 : value < -lossTolerance;
}

function ranked(
  candidates: readonly Candidate[],
  firstRank: number,
  place: (candidate: Candidate) => Placement | Reason,
): RankedCandidate[] {
  const placements: Placement[] = [];
  const excluded: RankedCandidate[] = [];
  for (const candidate of candidates) {
    const placed = candidate.excluded ?? place(candidate);
    if ('candidate' in placed) placements.push(behindIfDropped(placed));
    else excluded.push({ ...candidate, value: null, rank: null, reason: placed });
  }
  placements.sort(inOrder);
  excluded.sort(byName);
  return [
    ...placements.map(({ candidate, value, reason }, index) => ({
      ...candidate,
      value,
      rank: firstRank + index,
      reason,
    })),
    ...excluded,
  ];
}

/** Those dropped come after all that stayed: what they were dropped on is less than what the others are known by. */
function behindIfDropped(placement: Placement): Placement {
  const { candidate, reason } = placement;
  if (candidate.standing !== 'dropped') return placement;
  const text = `${reason.text}; out of the race after ${candidate.scores.length} images`;
  return { ...placement, class: placement.class + classes, reason: { code: 'outrun', text } };
}

function inOrder(one: Placement, other: Placement): number {
  return one.class - other.class || one.key - other.key || byName(one.candidate, other.candidate);
}

function byName(one: Candidate, other: Candidate): number {
  if (one.action.block !== other.action.block) return one.action.block < other.action.block ? -1 : 1;
  return one.action.type < other.action.type ? -1 : 1;
}

/**
 * By the upper end of dCLIP's interval, not its middle: of thirty blocks scored on few images, those that look best are
 * mostly those that noise favours, and a block that loses a little for certain is better removed than one that may
 * lose a lot. For the same reason a loss within the tolerance counts as none, and a gain as no less: which of twenty blocks that cost
 * next to nothing seems to cost least, is noise, and what they save is not.
 */
function placeRemoval(candidate: Candidate, lossTolerance: number): Placement {
  const { value: loss, low } = candidate.score?.deltaClip ?? NO_LOSS;
  const worstLoss = candidate.worstLoss ?? NO_LOSS;
  const { high } = worstLoss;
  const saving = candidate.savingMs.value;
  const saves = `and saves ${saving.toFixed(3)} ms`;
  const common = { candidate, value: valueOf(candidate) };
  const change = `${doing(candidate)} changes CLIP by ${signed(-loss)}`;
  if (isHarmless(worstLoss, lossTolerance)) {
    const text = `${change}, by ${signed(-high)} at worst, ${saves}`;
    return { ...common, class: 0, key: -saving, reason: { code: 'harmless', text } };
  }
  const worst = high / saving;
  const atWorst = `at most ${signed(worst)} lost per ms`;
  const reason =
    low <= 0
      ? { code: 'within-noise', text: `${change}, within its noise, ${saves}: ${atWorst}` }
      : { code: 'by-value', text: `${change} ${saves}: ${atWorst}` };
  return { ...common, class: 1, key: worst, reason };
}

function placeByValue(candidate: Candidate): Placement {
  const value = valueOf(candidate);
  const loss = `${doing(candidate)} changes CLIP by ${signed(-lossOf(candidate))}`;
  const text = `${loss} and saves ${candidate.savingMs.value.toFixed(3)} ms: ${signed(value)} lost per ms`;
  return { candidate, value, class: 0, key: value, reason: { code: 'by-value', text } };
}

/** By loss alone: what is left to be saved has no sign that could be relied on. */
function placeLastResort(candidate: Candidate): Placement {
  const change = `removing it changes CLIP by ${signed(-lossOf(candidate))}`;
  const text = `${change}, and saves no more above the noise of measuring than int8 has already`;
  const reason = { code: 'last-resort', text };
  return { candidate, value: null, class: lastClass, key: lossOf(candidate), reason };
}

const doing = (candidate: Candidate): string => (isRemoval(candidate) ? 'removing it' : 'int8');

/** An addition that raises CLIP and costs nothing measurable comes before all that cost. */
function placeGain(candidate: Candidate): Placement {
  const gain = -lossOf(candidate);
  if (candidate.savingMs.high >= -CLOCK_TICK_MS) {
    const text = `adding it raises CLIP by ${signed(gain)} at no measurable cost`;
    return { candidate, value: null, class: 0, key: -gain, reason: { code: 'free-gain', text } };
  }
  const value = valueOf(candidate);
  const cost = `for ${(-candidate.savingMs.value).toFixed(3)} ms`;
  const text = `adding it raises CLIP by ${signed(gain)} ${cost}: ${signed(value)} gained per ms`;
  return { candidate, value, class: 1, key: -value, reason: { code: 'gain', text } };
}

function placeCopy(candidate: Candidate, worth: number | null): Placement | Reason {
  if (candidate.action.type !== 'copy') {
    const text = `restoring it changes CLIP by ${signed(-lossOf(candidate))}, no gain beyond the tolerance`;
    return { code: 'no-gain', text };
  }
  if (worth === null || worth <= 0) return { code: 'source-worthless', text: 'what it copies loses no CLIP' };
  const text = `copies one of the most valuable blocks: ${signed(worth)} of CLIP per ms when that is removed`;
  return { candidate, value: worth, class: 2, key: -worth, reason: { code: 'valuable-source', text } };
}

/** Never -0, which JSON does not carry. */
function valueOf(candidate: Candidate): number {
  return lossOf(candidate) / candidate.savingMs.value + 0;
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${value.toPrecision(3)}`;
}
