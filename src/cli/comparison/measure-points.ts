import type { ClipModel } from '../../evaluation/clip-model.js';
import { pictureSide } from '../../evaluation/latent-extents.js';
import { measureQuality } from '../../evaluation/picture-quality.js';
import type { GuidancePoint } from '../../report/guidance-series.js';
import { bootstrapDifference, bootstrapMean } from '../../search/bootstrap.js';
import { openClip } from '../compose/open-pipeline.js';
import { emojiSet, pictureSet } from '../compose/scoring-captions.js';
import { modelLabel, requireComparable, type ComparedModel } from './compared-model.js';
import type { ComparisonHooks, ComparisonParts } from './comparison-parts.js';
import { withModel } from './open-model.js';
import { PointStore } from './point-store.js';

/** A point that is not measured yet. */
interface OpenPoint {
  readonly model: ComparedModel;
  readonly guidanceScale: number;
}

/** What all points are measured by. */
interface PointScorer {
  readonly clip: ClipModel;
  readonly realPictures: readonly Float32Array[];
  readonly prompts: readonly string[];
}

/**
 * Measures CLIP score and CMMD of each model at each guidance scale, scale by scale, over pictures of the same captions and noise. A point is stored as
 * soon as it is measured, and measured once in the run.
 * @param prompts what the pictures are made of
 * @returns by guidance scale, then model, in the orders given
 * @throws TypeError as `requireComparable` does; the signal's reason, between steps; what making and scoring pictures throws
 */
export async function measurePoints(
  parts: ComparisonParts,
  models: readonly ComparedModel[],
  prompts: readonly string[],
  hooks: ComparisonHooks,
): Promise<readonly GuidancePoint[]> {
  const first = requireComparable(models);
  const stored = new PointStore(parts, modelLabel(first));
  const scales = [...new Set(parts.config.comparison.guidanceScales)];
  const all = scales.flatMap((guidanceScale) => models.map((model): OpenPoint => ({ model, guidanceScale })));
  const isOpen = ({ model, guidanceScale }: OpenPoint): boolean =>
    stored.find(modelLabel(model), guidanceScale) === undefined;
  const open = all.filter(isOpen);
  if (open.length > 0) {
    const units = unitsOf(parts, prompts.length);
    const total = all.reduce((sum, point) => sum + units(point), 0);
    let done = total - open.reduce((sum, point) => sum + units(point), 0);
    await withScorer(parts, first, prompts, async (scorer) => {
      for (const point of open) {
        const onStep = (steps: number): void => {
          hooks.onTask('CLIP and CMMD by guidance scale', done + steps, total);
        };
        onStep(0);
        hooks.onPoint(await measurePoint(parts, point, scorer, stored, { ...hooks, onStep }));
        done += units(point);
      }
    });
  }
  return all.map(({ model, guidanceScale }) => {
    const point = stored.find(modelLabel(model), guidanceScale);
    if (point === undefined) throw new TypeError(`expected a point of ${modelLabel(model)}`);
    return point;
  });
}

/** Steps of all batches. */
function unitsOf({ config }: ComparisonParts, captionCount: number): (point: OpenPoint) => number {
  return ({ model }) => model.steps * Math.ceil(captionCount / config.evaluation.batch);
}

async function withScorer(
  { host, config }: ComparisonParts,
  { models }: ComparedModel,
  prompts: readonly string[],
  work: (scorer: PointScorer) => Promise<void>,
): Promise<void> {
  const { evaluation, training, results } = config;
  const count = prompts.length;
  const side = pictureSide(models);
  const { pictures } =
    training.pictures.folder === null
      ? await emojiSet(evaluation.split, count, side)
      : await pictureSet(training.pictures, count, side);
  const clip = await openClip(host, evaluation.scorer, evaluation.batch, results);
  try {
    await work({ clip, realPictures: await clip.embedPictures(pictures), prompts });
  } finally {
    await clip.release();
  }
}

async function measurePoint(
  parts: ComparisonParts,
  { model, guidanceScale }: OpenPoint,
  { clip, realPictures, prompts }: PointScorer,
  stored: PointStore,
  { signal, onStep, onSubstitute }: ComparisonHooks & { readonly onStep: (steps: number) => void },
): Promise<GuidancePoint> {
  const { seed, evaluation } = parts.config;
  const label = modelLabel(model);
  const settings = { guidanceScale, batch: evaluation.batch };
  const { scores, cmmd } = await withModel(parts, model, settings, { onSubstitute }, (pipeline) =>
    measureQuality(
      { pipeline, unet: model.unet, prompts, seed, hooks: { signal, onStep } },
      clip,
      realPictures,
    ),
  );
  const random = { seed, round: 0 };
  const firstScores = stored.scoresOfFirst(guidanceScale);
  const point: GuidancePoint = {
    ...{ model: label, guidanceScale, cmmd },
    clipScore: bootstrapMean(scores, random),
    clipChange: firstScores === undefined ? null : bootstrapDifference(scores, firstScores, random),
  };
  stored.put(point, scores);
  return point;
}
