import { externalFolder } from '../graph/external-folder.js';
import { GraphBuilder } from '../graph/graph-builder.js';
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

/**
 * Measures what a picture takes beside the steps of the UNet: the text encoder and the decoder, each alone on the device, by the
 * protocol of whole networks. Each is stored under the job's key and measured once.
 * @param onPart told of both, measured just now or before
 * @throws as `measureInterleaved` does; SnapEvoError `SESSION_FAILED`
 */
export async function measureImageCost(
  job: LatencyJob,
  models: ImageModels,
  settings: ImageSettings,
  onPart?: (entry: LatencyEntry) => void,
): Promise<ImageCost> {
  const { images } = settings;
  const [textEncoder, decoder] = await measureParts(job, [
    {
      subject: modelSubject('text encoder', models.textEncoder.config, images),
      build: () => textEncoderGraph(models, images, job.key),
    },
    {
      subject: modelSubject('decoder', models.vae.config, images),
      build: () => decoderGraph(models, images, job.key),
    },
  ]);
  if (textEncoder === undefined || decoder === undefined) throw new TypeError('expected two measurements');
  for (const entry of [textEncoder, decoder]) onPart?.(entry);
  return imageCost(settings, textEncoder.medianMs, decoder.medianMs);
}

/** In the order of the parts; those that are stored are not measured. */
async function measureParts(job: LatencyJob, parts: readonly Part[]): Promise<readonly LatencyEntry[]> {
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
  return parts.flatMap(({ subject }) => known.get(subject) ?? []);
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

function decoderGraph(
  { vae: { config, weights } }: ImageModels,
  images: number,
  { latentHeight, latentWidth }: LatencyTableKey,
): MeasuredGraph {
  const latents = [images, config.latentChannels, latentHeight, latentWidth];
  return measuredGraph('decoder', { latents }, (g, inputs) =>
    buildVaeDecoder(g, config, weightParameters(weights), inputs.latents),
  );
}
