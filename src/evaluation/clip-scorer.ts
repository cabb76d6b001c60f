import { createHash } from 'node:crypto';
import type { SamplerKind } from '../diffusion/sampler-kind.js';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { inOrder } from '../runtime/in-order.js';
import type { Scorer, ScoreRequest, ScoreResult } from '../search/ports.js';
import type { ClipModel } from './clip-model.js';
import type { GenerationSettings, TextToImagePipeline } from './text-to-image-pipeline.js';

/** What the scores of a set of images depend on, besides the caption and the seed. */
export interface ScoreCacheKey {
  readonly architectureHash: string;
  readonly weightsHash: string;
  /** See {@link hashScorer}. */
  readonly scorerHash: string;
}

export interface CachedScore {
  readonly captionIndex: number;
  readonly seed: number;
  readonly score: number;
}

/** Scores that are known already; the store is one. */
export interface ScoreCache {
  readImageScores(key: ScoreCacheKey): readonly CachedScore[];
  /** The first score of a key, caption and seed stays. */
  putImageScores(key: ScoreCacheKey, scores: readonly CachedScore[]): void;
}

export interface ClipScorerParts {
  readonly pipeline: Pick<TextToImagePipeline, 'generate' | 'settings'>;
  readonly clip: Pick<ClipModel, 'score'>;
  readonly cache: ScoreCache;
  readonly captions: readonly string[];
  /** Caption i's picture starts from the noise of (seed, i). An unsigned 32-bit integer. */
  readonly seed: number;
  readonly scorerHash: string;
  /** Told within a request how many of its captions are scored. */
  readonly onScored?: (done: number, request: ScoreRequest) => void;
}

/** While one batch's scores are stored, the device makes pictures of two others: two alone come to their ends together. */
const batchesAtATime = 3;

/**
 * Scores architectures by the pictures they make of fixed captions from fixed noise. Every picture's score is kept, and none
 * is computed twice. Captions are worked through in batches that don't depend on the request, so that a score is the same to
 * the last bit however the captions are asked for: what a batch has room for besides is scored as well.
 */
export class ClipScorer implements Scorer {
  readonly #parts: ClipScorerParts;

  constructor(parts: ClipScorerParts) {
    this.#parts = parts;
  }

  /** Wherever they begin, so many are part of no more batches than are worked on at a time. */
  get captionsAtATime(): number {
    return (batchesAtATime - 1) * this.#parts.pipeline.settings.batch;
  }

  /** Throws `SCORER_CAPTIONS` for captions that are not there, `SCORE_NOT_FINITE`, what making pictures throws, and the signal's reason. */
  async score(request: ScoreRequest, signal?: AbortSignal): Promise<ScoreResult> {
    const { pipeline, onScored } = this.#parts;
    const { from, to } = request.captions;
    this.#checkRange(from, to);
    const { batch } = pipeline.settings;
    const known = this.#read(request);
    const scored = async (start: number): Promise<number> => {
      const end = Math.min(start + batch, this.#parts.captions.length);
      if (wholeNumbers(Math.max(start, from), Math.min(end, to)).some((index) => !known.has(index))) {
        await this.#scoreBatch(request, wholeNumbers(start, end), signal);
      }
      return end;
    };
    const starts = wholeNumbers(Math.floor(from / batch), Math.ceil(to / batch)).map((each) => each * batch);
    for await (const end of inOrder(starts, batchesAtATime, scored))
      onScored?.(Math.min(end, to) - from, request);
    const stored = this.#read(request);
    return { scores: wholeNumbers(from, to).map((index) => stored.get(index) ?? Number.NaN) };
  }

  #read(request: ScoreRequest): ReadonlyMap<number, number> {
    const { cache, seed } = this.#parts;
    const own = cache.readImageScores(this.#key(request)).filter((score) => score.seed === seed);
    return new Map(own.map(({ captionIndex, score }) => [captionIndex, score]));
  }

  async #scoreBatch(
    request: ScoreRequest,
    indices: readonly number[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { pipeline, clip, cache, seed } = this.#parts;
    const captions = indices.map((index) => this.#parts.captions[index] ?? '');
    const pictures = await pipeline.generate(
      request,
      indices.map((index, i) => ({ caption: captions[i] ?? '', noise: { seed, index } })),
      signal === undefined ? {} : { signal },
    );
    const scores = await clip.score(pictures, captions);
    requireFinite(scores, captions);
    cache.putImageScores(
      this.#key(request),
      indices.map((captionIndex, i) => ({ captionIndex, seed, score: scores[i] ?? Number.NaN })),
    );
  }

  /** Blocks on int8 round what they are fed by the extremes of the whole batch, so that there a score is one of that batch size. */
  #key({ architecture, architectureHash, weights }: ScoreRequest): ScoreCacheKey {
    const { pipeline, scorerHash } = this.#parts;
    const isRounded = architecture.blocks.some(({ precision }) => precision !== undefined);
    const made = isRounded ? `${scorerHash} ${pipeline.settings.batch} at a time` : scorerHash;
    return { architectureHash, weightsHash: weights, scorerHash: made };
  }

  #checkRange(from: number, to: number): void {
    const { length } = this.#parts.captions;
    if (from >= 0 && from < to && to <= length) return;
    throw new SnapEvoError({
      code: 'SCORER_CAPTIONS',
      message: `expected a range of captions among ${length}, found ${from} to ${to}`,
      hint: 'ask for no more captions than there are: lower search.captionCount, or give a longer list',
    });
  }
}

function requireFinite(scores: readonly number[], captions: readonly string[]): void {
  const at = captions.findIndex((_, i) => !Number.isFinite(scores[i]));
  if (at < 0) return;
  throw new SnapEvoError({
    code: 'SCORE_NOT_FINITE',
    message: `expected a cosine as the score of the picture of "${captions[at] ?? ''}", found ${scores[at] ?? 'none'}`,
    where: 'scorer',
    hint: 'the weights of the pipeline or of the CLIP model hold numbers that are not finite, or too large to calculate with; start a run with others',
  });
}

/** What scores depend on besides architecture, UNet weights, caption index and seed. */
export interface ScorerIdentity {
  /** Hashes of the folders of the pipeline and of the CLIP model. */
  readonly pipeline: string;
  readonly clip: string;
  readonly captions: readonly string[];
  readonly settings: GenerationSettings;
  /** Undefined for the one that the pipeline comes with. */
  readonly sampler?: SamplerKind | undefined;
}

/** How pictures are shown to CLIP, and how far the runtime rewrites graphs; scores made in another way are others, if only in their last bits. */
const MADE = 'as bytes, highest level';

/** SHA-256 of a scorer; how many pictures are made at a time doesn't count, but for architectures with blocks on int8 (see `ClipScorer`). */
export function hashScorer({ pipeline, clip, captions, settings, sampler }: ScorerIdentity): string {
  const { steps, eta = 0, guidanceScale, guidanceRescale = 0, height, width } = settings;
  const size = [height ?? null, width ?? null];
  const parts = [
    MADE,
    pipeline,
    clip,
    captions,
    sampler ?? null,
    steps,
    eta,
    guidanceScale,
    guidanceRescale,
    size,
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** From `from` to `to`, which is left out. */
function wholeNumbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
