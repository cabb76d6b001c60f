import type { Action } from '../architecture/action.js';
import { applyAction, isCopyable, presentBlocks, removedBlocks } from '../architecture/architecture.js';
import type { Architecture, PlacedBlock } from '../architecture/architecture.js';
import { hashArchitecture } from '../architecture/canonical-form.js';
import { negate } from '../statistics/estimate.js';
import type { Estimate } from '../statistics/estimate.js';
import { CLOCK_TICK_MS, int8SavingMs, savingMs } from './latency-table.js';
import type { LatencyTable } from './latency-table.js';
import type { Bounds } from './race.js';
import type { SearchOptions } from './search-options.js';

/** Why a candidate is where it is: a code for programs, a text for people. */
export interface Reason {
  readonly code: string;
  readonly text: string;
}

export interface CandidateScore {
  readonly clip: Estimate;
  /** dCLIP: CLIP score of the current architecture less the candidate's, paired by image; positive when it hurts. */
  readonly deltaClip: Estimate;
  readonly imageCount: number;
}

/** An action on the current architecture, and what is known of its effect. */
export interface Candidate {
  readonly action: Action;
  readonly architectureHash: string;
  /** dLatency: milliseconds that T says the action saves; negative for an addition. */
  readonly savingMs: Estimate;
  /** CLIP scores by caption, from the first on; none where the candidate was excluded beforehand. */
  readonly scores: readonly number[];
  /** What the scores come to; null without any. */
  readonly score: CandidateScore | null;
  /** Where the upper end of dCLIP's interval lies once all captions are scored; null without any scores, and of additions. */
  readonly worstLoss: Bounds | null;
  readonly excluded: Reason | null;
  /** Captions, from the first on, that it is to be scored by; more as the race goes on. */
  readonly captionTarget: number;
  /** `dropped`: it surely isn't among those acted on; `settled`: its race is decided, and it was in it to the end. */
  readonly standing: 'racing' | 'dropped' | 'settled';
  /** Of the removal of a block on int8 alone. */
  readonly ofInt8?: true;
}

type Allowed = Pick<SearchOptions, 'kinds' | 'scoring' | 'quantize'>;

/**
 * The removal of every present block; those that are pointless to score are excluded, with the reason. A block on int8 is judged by what its removal would save in full precision:
 * else one could be left that nothing removes any more, though it still costs time, and a budget be out of reach that removals alone meet.
 */
export function removalCandidates(
  architecture: Architecture,
  table: LatencyTable,
  options: Allowed,
): Candidate[] {
  return presentBlocks(architecture).map((block) => {
    const saving = savingMs(table, block);
    const inFull = savingMs(table, { id: block.id });
    const excluded = kindExclusion(block, options) ?? savingExclusion(inFull, options);
    const removal = candidateOf(architecture, { type: 'remove', block: block.id }, saving, excluded);
    return block.precision === 'int8' ? { ...removal, ofInt8: true } : removal;
  });
}

/** Weights of int8 for every present block in full precision, where that may be; excluded as removals are, but where they save nothing for certain in `literal` scoring too: the paper has none. */
export function quantizeCandidates(
  architecture: Architecture,
  table: LatencyTable,
  options: Allowed,
): Candidate[] {
  if (options.quantize !== true) return [];
  return presentBlocks(architecture)
    .filter(({ precision }) => precision === undefined)
    .map((block) => {
      const saving = int8SavingMs(table, block);
      const excluded = kindExclusion(block, options) ?? savingExclusion(saving, { scoring: 'snapevo' });
      return candidateOf(architecture, { type: 'quantize', block: block.id }, saving, excluded);
    });
}

/** The restoring of every removed block. */
export function restoreCandidates(
  architecture: Architecture,
  table: LatencyTable,
  options: Allowed,
): Candidate[] {
  return removedBlocks(architecture).map((block) => {
    const saving = negate(savingMs(table, block));
    const action = { type: 'restore', block: block.id } as const;
    return candidateOf(architecture, action, saving, kindExclusion(block, options));
  });
}

/** A copy of each of the given blocks that can be copied. */
export function copyCandidates(
  architecture: Architecture,
  table: LatencyTable,
  blocks: readonly string[],
): Candidate[] {
  return presentBlocks(architecture)
    .filter((block) => isCopyable(block) && blocks.includes(block.id))
    .map((block) =>
      candidateOf(architecture, { type: 'copy', block: block.id }, negate(savingMs(table, block)), null),
    );
}

function candidateOf(
  architecture: Architecture,
  action: Action,
  saving: Estimate,
  excluded: Reason | null,
): Candidate {
  const architectureHash = hashArchitecture(applyAction(architecture, action));
  return {
    ...{ action, architectureHash, savingMs: saving, excluded },
    ...{ scores: [], score: null, worstLoss: null, captionTarget: 0, standing: 'racing' },
  };
}

/** Tells one action of a round from all others. */
export function actionKey({ type, block }: Action): string {
  return `${type} ${block}`;
}

/**
 * Whether the action is a last resort: the removal of a block of which int8 has saved so much already that the rest is not above the noise of measuring. It is acted on
 * when nothing else is left to be, in `literal` scoring too: the paper has no int8.
 */
export function isLastResort({ ofInt8, savingMs: saving }: Candidate): boolean {
  return ofInt8 === true && isWithinNoise(saving, { scoring: 'snapevo' });
}

/** Those that are scored until it is told who is acted on. */
export function racing(candidates: readonly Candidate[]): readonly Candidate[] {
  return candidates.filter(({ excluded, standing }) => excluded === null && standing === 'racing');
}

/** Of candidates that are to be acted on together, those scored by fewer captions than another: what they do together is told by captions that all have. */
export function behindOthers(together: readonly Candidate[]): readonly Candidate[] {
  const most = Math.max(...together.map(({ scores }) => scores.length));
  return together.filter(({ scores }) => scores.length < most);
}

function kindExclusion(block: PlacedBlock, { kinds }: Allowed): Reason | null {
  if (kinds.includes(block.kind)) return null;
  return { code: 'kind-not-searched', text: `${block.kind} blocks are not searched` };
}

function savingExclusion(saving: Estimate, options: Pick<Allowed, 'scoring'>): Reason | null {
  if (!isWithinNoise(saving, options)) return null;
  const interval = `${saving.value.toFixed(3)} ms, 95% interval ${saving.low.toFixed(3)} to ${saving.high.toFixed(3)}`;
  return {
    code: 'saving-within-noise',
    text: `what it saves is not above the noise of measuring (${interval})`,
  };
}

function isWithinNoise(saving: Estimate, { scoring }: Pick<Allowed, 'scoring'>): boolean {
  return scoring === 'literal' ? Math.abs(saving.value) <= CLOCK_TICK_MS : saving.low <= CLOCK_TICK_MS;
}
