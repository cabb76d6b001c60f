import { hashArchitecture } from '../../architecture/canonical-form.js';
import type { SearchConfig } from '../../config/search-config.js';
import { keyedGenerator } from '../../diffusion/gaussian.js';
import type { TextToImagePipeline, UNetChoice } from '../../evaluation/text-to-image-pipeline.js';
import type { LoadWeights } from '../../evaluation/unet-sessions.js';
import { systemClock } from '../../latency/clock.js';
import { pictureSubject } from '../../latency/image-subject.js';
import type { LatencyEntry } from '../../latency/latency-records.js';
import {
  measureInterleaved,
  type ProtocolSettings,
  type Stopwatch,
} from '../../latency/measuring-protocol.js';
import type { Pipeline } from '../../model/pipeline-folder.js';
import type { DeviceHost } from '../../runtime/device-host.js';
import type { Done } from '../../search/state.js';
import type { Store } from '../../store/store.js';
import { openPipeline } from './open-pipeline.js';

/** What whole pictures are measured with. */
export interface PictureMeasuringParts {
  readonly host: DeviceHost;
  readonly models: Pipeline;
  readonly config: Pick<SearchConfig, 'evaluation' | 'latency' | 'seed'>;
  readonly loadTrained: LoadWeights;
  readonly store: Store;
  readonly runId: string;
  /** Frees what the search scored with, a pipeline like the one that is opened here: two at once would take twice the memory. */
  readonly makeRoom: () => Promise<void>;
  /** Told after each picture. */
  readonly onPicture: (done: number) => void;
  /** Told of each network's pictures after they are stored. */
  readonly onMeasured: (entry: LatencyEntry) => void;
}

/** Of a network with the warm-up, when pictures take long: enough to see that the sum of the parts is about right. */
const fewestPictures = 3;

/**
 * Makes whole pictures with the original network and with what the search came to, through a pipeline like the scorer's, in its place, and stores
 * how long that takes from caption to pixels: the proof of what the search added up. Both run on the final weights, in turn. What is
 * stored is not measured again.
 * @throws the signal's reason when aborted; what making room, opening the pipeline and making pictures throws
 */
export async function measurePictures(
  parts: PictureMeasuringParts,
  { original, chosen, weights }: Pick<Done, 'original' | 'chosen' | 'weights'>,
  signal: AbortSignal,
): Promise<void> {
  const { config, store, runId } = parts;
  const known = new Set(
    store.readRunLatencies(runId, { method: 'end-to-end' }).map(({ subject }) => subject),
  );
  const networks = new Map<string, UNetChoice>();
  for (const architecture of [original, chosen.architecture]) {
    networks.set(pictureSubject(hashArchitecture(architecture)), { architecture, weights });
  }
  const subjects = [...networks.keys()];
  if (subjects.every((subject) => known.has(subject))) return;
  const { steps, guidanceScale, sampler } = config.evaluation;
  const settings = { steps, guidanceScale, batch: config.latency.images, unetSessions: networks.size };
  await parts.makeRoom();
  const pipeline = await openPipeline(parts.host, parts.models, settings, {
    loadTrained: parts.loadTrained,
    sampler: sampler ?? undefined,
  });
  try {
    const seams = { clock: systemClock, random: keyedGenerator({ seed: config.seed, index: 1 }) };
    const stopwatch = pictureStopwatch(parts, pipeline, networks, signal);
    const protocol = pictureProtocol(config.latency.endToEnd);
    await measureInterleaved(subjects, stopwatch, protocol, seams, {
      onMeasured: (subject, measurement) => {
        const { samplesMs, medianMs, warnings: flags } = measurement;
        const measuredAtMs = systemClock.nowMs();
        const entry = { subject, method: 'end-to-end', samplesMs, medianMs, flags, measuredAtMs } as const;
        store.putRunLatency(runId, entry);
        parts.onMeasured(entry);
      },
    });
  } finally {
    await pipeline.release();
  }
}

function pictureProtocol(endToEnd: ProtocolSettings): ProtocolSettings {
  return { ...endToEnd, minSamples: Math.min(fewestPictures, endToEnd.minSamples) };
}

/** Each picture has a caption of its own, since embeddings of those seen before are kept. */
function pictureStopwatch(
  { onPicture, config }: Pick<PictureMeasuringParts, 'onPicture' | 'config'>,
  pipeline: TextToImagePipeline,
  networks: ReadonlyMap<string, UNetChoice>,
  signal: AbortSignal,
): Stopwatch<string> {
  let done = 0;
  return {
    time: async (subject) => {
      const network = networks.get(subject);
      if (network === undefined) throw new TypeError(`expected a network for ${subject}`);
      const requests = Array.from({ length: config.latency.images }, (_, index) => ({
        caption: `picture ${done}, ${index}`,
        noise: { seed: config.seed, index },
      }));
      const startedMs = systemClock.elapsedMs();
      await pipeline.generate(network, requests, { signal });
      const ms = systemClock.elapsedMs() - startedMs;
      done += 1;
      onPicture(done);
      return ms;
    },
  };
}
