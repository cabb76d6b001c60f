import { measureImageParts } from '../../latency/image-parts.js';
import type { LatencyEntry } from '../../latency/latency-records.js';
import { measureArchitecture } from '../../latency/measure-architecture.js';
import type { LatencyJob } from '../../latency/latency-job.js';
import { forTiming } from '../../runtime/device-host.js';
import { runLatencyJob } from '../compose/run-latency-job.js';
import { storedPictureTimes, timePictures, type PictureMaker } from '../compose/time-pictures.js';
import { modelLabel, requireComparable, type ComparedModel } from './compared-model.js';
import type { ComparisonHooks, ComparisonParts } from './comparison-parts.js';
import { modelCosts, type ModelCosts } from './model-costs.js';
import { openModel } from './open-model.js';

/** Of a model with its warm-up, at least. */
const expectedPictures = 7;

/**
 * Measures what the models' pictures cost: text encoders and decoders in turn, a step of each UNet beside the first model's original one, and as the
 * proof whole pictures of all in turn. Each measurement is stored and done once in the run.
 * @throws TypeError as `requireComparable` does; the signal's reason, after the measurement in hand; what measuring throws
 */
export async function measureCosts(
  parts: ComparisonParts,
  models: readonly ComparedModel[],
  hooks: ComparisonHooks,
): Promise<readonly ModelCosts[]> {
  const { evaluation, latency } = parts.config;
  const job = comparisonJob(parts, requireComparable(models), hooks);
  const around = await measureImageParts(
    job,
    models.map((model) => model.models),
    latency.images,
  );
  const steps = await measureSteps(job, models, hooks);
  const pictures = await measureModelPictures(parts, models, hooks);
  return models.map((model, index) => {
    const latencies = {
      ...present(around[index]),
      step: present(steps[index]),
      picture: present(pictures[index]),
    };
    return modelCosts(model, latencies, evaluation);
  });
}

function comparisonJob(
  parts: ComparisonParts,
  { models }: ComparedModel,
  { signal, onTask, onMeasured }: ComparisonHooks,
): LatencyJob {
  return {
    ...runLatencyJob({ ...parts, models }),
    onEntry: (entry) => {
      onMeasured(entry);
      signal.throwIfAborted();
    },
    onPart: onTask,
  };
}

async function measureSteps(
  job: LatencyJob,
  models: readonly ComparedModel[],
  { signal, onTask }: ComparisonHooks,
): Promise<readonly LatencyEntry[]> {
  const entries: LatencyEntry[] = [];
  for (const { unet } of models) {
    signal.throwIfAborted();
    onTask('steps of the UNet', entries.length, models.length);
    entries.push((await measureArchitecture(job, unet.architecture)).entry);
  }
  return entries;
}

/** What whole pictures of a model are stored under. */
function subjectOf(model: ComparedModel): string {
  return `picture of ${modelLabel(model)}`;
}

async function measureModelPictures(
  parts: ComparisonParts,
  models: readonly ComparedModel[],
  hooks: ComparisonHooks,
): Promise<readonly LatencyEntry[]> {
  const subjects = models.map(subjectOf);
  if (storedPictureTimes(parts, subjects).size < models.length) await makePictures(parts, models, hooks);
  const stored = storedPictureTimes(parts, subjects);
  return subjects.map((subject) => present(stored.get(subject)));
}

/** All models are on the device at once, to be timed in turn. */
async function makePictures(
  parts: ComparisonParts,
  models: readonly ComparedModel[],
  hooks: ComparisonHooks,
): Promise<void> {
  const { evaluation, latency } = parts.config;
  const settings = { guidanceScale: evaluation.guidanceScale, batch: latency.images };
  const expected = expectedPictures * models.length;
  const host = forTiming(parts.host);
  const opened: (PictureMaker & { readonly release: () => Promise<void> })[] = [];
  try {
    for (const model of models) {
      const pipeline = await openModel(host, model, settings, hooks);
      const release = (): Promise<void> => pipeline.release();
      opened.push({ subject: subjectOf(model), pipeline, unet: model.unet, release });
    }
    const timing = {
      ...parts,
      onPicture: (done: number): void => {
        hooks.onTask('whole pictures through the pipelines', Math.min(done, expected), expected);
      },
      onMeasured: hooks.onMeasured,
    };
    await timePictures(opened, timing, hooks.signal);
  } finally {
    for (const { release } of opened) await release();
  }
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('expected a measurement of each model');
  return value;
}
