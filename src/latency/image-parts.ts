import { externalFolder } from '../graph/external-folder.js';
import { GraphBuilder } from '../graph/graph-builder.js';
import type { Shape } from '../graph/value.js';
import { buildClipText } from '../model/clip-text.js';
import { weightParameters } from '../model/parameters.js';
import type { Pipeline } from '../model/pipeline-folder.js';
import { buildVaeDecoder } from '../model/vae.js';
import type { RemoteSession } from '../runtime/device-host.js';
import { int64Tensor } from '../runtime/tensor.js';
import { imageCost, type ImageCost, type ImageSettings } from './image-cost.js';
import { modelSubject } from './image-subject.js';
import { keepEntry, storedEntry, type LatencyJob } from './latency-job.js';
import type { LatencyEntry, LatencyTableKey } from './latency-records.js';
import { measuredGraph, oneElement, type MeasuredGraph } from './measured-graph.js';
import { sessionStopwatch, withSessions } from './measured-session.js';
import { measureInterleaved, type Company } from './measuring-protocol.js';

/** The models around the UNet. */
export type ImageModels = Pick<Pipeline, 'textEncoder' | 'vae'>;

/** A model to measure, and the text that it is stored under. */
interface Part {
  readonly subject: string;
  readonly build: () => MeasuredGraph;
}

/** What a picture takes beside the steps of the UNet, by one run of each model. */
export interface ImageParts {
  readonly textEncoder: LatencyEntry;
  readonly decoder: LatencyEntry;
}

/**
 * Measures what a picture takes beside the steps of the UNet, {@link measureImageParts} of one pipeline.
 * @param onPart told of both, measured just now or before
 * @throws as `measureInterleaved` does; SnapEvoError `SESSION_FAILED`
 */
export async function measureImageCost(
  job: LatencyJob,
  models: ImageModels,
  settings: ImageSettings,
  onPart?: (entry: LatencyEntry) => void,
): Promise<ImageCost> {
  const [parts] = await measureImageParts(job, [models], settings.images);
  if (parts === undefined) throw new TypeError('expected the parts of one pipeline');
  const { textEncoder, decoder } = parts;
  for (const entry of [textEncoder, decoder]) onPart?.(entry);
  return imageCost(settings, textEncoder.medianMs, decoder.medianMs);
}

/**
 * Measures the text encoders and the decoders of pipelines, each alone on the device, by the protocol of whole networks and all in turn, so
 * that they compare. Each is stored under the job's key and measured once, as models of one configuration are.
 * @param images made in one pass
 * @returns in the order of the pipelines
 * @throws as `measureInterleaved` does; SnapEvoError `SESSION_FAILED`
 */
export async function measureImageParts(
  job: LatencyJob,
  pipelines: readonly ImageModels[],
  images: number,
): Promise<readonly ImageParts[]> {
  const parts = pipelines.map((models) => ({
    textEncoder: textEncoderPart(job, models, images),
    decoder: decoderPart(job, models, images),
  }));
  const distinct = new Map(
    parts
      .flatMap(({ textEncoder, decoder }) => [textEncoder, decoder])
      .map((part) => [part.subject, part] as const),
  );
  const measured = await measureParts(job, [...distinct.values()]);
  const entryOf = ({ subject }: Part): LatencyEntry => {
    const entry = measured.get(subject);
    if (entry === undefined) throw new TypeError(`expected a measurement of ${subject}`);
    return entry;
  };
  return parts.map(({ textEncoder, decoder }) => ({
    textEncoder: entryOf(textEncoder),
    decoder: entryOf(decoder),
  }));
}

function textEncoderPart({ key }: LatencyJob, models: ImageModels, images: number): Part {
  return {
    subject: modelSubject('text encoder', models.textEncoder.config, images),
    build: () => textEncoderGraph(models, images, key),
  };
}

function decoderPart({ key }: LatencyJob, models: ImageModels, images: number): Part {
  return {
    subject: modelSubject('decoder', models.vae.config, images),
    build: () =>
      decoderGraph(models.vae, [images, models.vae.config.latentChannels, key.latentHeight, key.latentWidth]),
  };
}

/** By subject; those that are stored are not measured. */
async function measureParts(
  job: LatencyJob,
  parts: readonly Part[],
): Promise<ReadonlyMap<string, LatencyEntry>> {
  const known = new Map<string, LatencyEntry>();
  for (const { subject } of parts) {
    const entry = storedEntry(job, subject, 'isolated');
    if (entry !== undefined) known.set(subject, entry);
  }
  const open = parts.filter(({ subject }) => !known.has(subject));
  if (open.length > 0) {
    const graphs = open.map(({ build }) => build());
    const settingsOf = (index: number): { readonly folder?: string } =>
      graphs[index] === undefined ? {} : externalFolder(graphs[index].graph);
    await withSessions(job.host, graphs, settingsOf, (sessions) => {
      const onMeasured: Company<RemoteSession>['onMeasured'] = (session, measurement) => {
        const subject = open[sessions.indexOf(session)]?.subject ?? '';
        const { samplesMs, medianMs, warnings: flags } = measurement;
        known.set(subject, keepEntry(job, { subject, method: 'isolated', samplesMs, medianMs, flags }));
        job.onPart?.('text encoder and decoder', known.size, parts.length);
      };
      return measureInterleaved<RemoteSession>(sessions, sessionStopwatch, job.settings.endToEnd, job, {
        onMeasured,
      });
    });
  }
  return known;
}

function textEncoderGraph(
  { textEncoder: { config, weights } }: ImageModels,
  images: number,
  { contextLength }: LatencyTableKey,
): MeasuredGraph {
  const g = new GraphBuilder();
  const shape = [images, contextLength];
  const ids = g.input('ids', { dtype: 'int64', shape });
  const { lastHiddenState } = buildClipText(g, config, weightParameters(weights), ids);
  const graph = g.build('text_encoder', [g.scope('probe', () => oneElement(g, lastHiddenState))]);
  const tokens = Array.from({ length: images * contextLength }, (_, index) => index % config.vocabularySize);
  return { graph, feeds: { ids: int64Tensor(shape, tokens) } };
}

/** A decoder and latents to time it with, [images, latentChannels, height, width]. */
export function decoderGraph(
  { config, weights }: Pick<ImageModels['vae'], 'config' | 'weights'>,
  latents: Shape,
): MeasuredGraph {
  return measuredGraph('decoder', { latents }, (g, inputs) =>
    buildVaeDecoder(g, config, weightParameters(weights), inputs.latents),
  );
}
