import type { SearchConfig } from '../../config/search-config.js';
import { keyedGenerator } from '../../diffusion/gaussian.js';
import type { TextToImagePipeline, UNetChoice } from '../../evaluation/text-to-image-pipeline.js';
import { systemClock } from '../../latency/clock.js';
import type { LatencyEntry } from '../../latency/latency-records.js';
import {
  measureInterleaved,
  type ProtocolSettings,
  type Stopwatch,
} from '../../latency/measuring-protocol.js';
import type { Store } from '../../store/store.js';

/** A way to make pictures, and what its time is stored under. */
export interface PictureMaker {
  readonly subject: string;
  readonly pipeline: Pick<TextToImagePipeline, 'generate'>;
  readonly unet: UNetChoice;
}

/** How whole pictures are timed, and who is told. */
export interface PictureTiming {
  readonly config: Pick<SearchConfig, 'latency' | 'seed'>;
  readonly store: Store;
  readonly runId: string;
  /** Told after each picture. */
  readonly onPicture: (done: number) => void;
  /** Told of each maker's pictures after they are stored. */
  readonly onMeasured: (entry: LatencyEntry) => void;
}

/** Of a maker with the warm-up, when pictures take long: enough to see that the sum of the parts is about right. */
const fewestPictures = 3;

/** Times of whole pictures that a run has stored, by subject. */
export function storedPictureTimes(
  { store, runId }: Pick<PictureTiming, 'store' | 'runId'>,
  subjects: readonly string[],
): ReadonlyMap<string, LatencyEntry> {
  const entries = store.readRunLatencies(runId, { method: 'end-to-end' });
  return new Map(
    entries
      .filter(({ subject }) => subjects.includes(subject))
      .map((entry) => [entry.subject, entry] as const),
  );
}

/**
 * Makes whole pictures, each maker in turn, and stores how long that takes from caption to pixels.
 * @throws the signal's reason when aborted; what making pictures throws
 */
export async function timePictures(
  makers: readonly PictureMaker[],
  timing: PictureTiming,
  signal: AbortSignal,
): Promise<void> {
  const { config, store, runId } = timing;
  const { endToEnd } = config.latency;
  const protocol: ProtocolSettings = {
    ...endToEnd,
    minSamples: Math.min(fewestPictures, endToEnd.minSamples),
  };
  const seams = { clock: systemClock, random: keyedGenerator({ seed: config.seed, index: 1 }) };
  await measureInterleaved(makers, pictureStopwatch(timing, signal), protocol, seams, {
    onMeasured: ({ subject }, { samplesMs, medianMs, warnings: flags }) => {
      const measuredAtMs = systemClock.nowMs();
      const entry = { subject, method: 'end-to-end', samplesMs, medianMs, flags, measuredAtMs } as const;
      store.putRunLatency(runId, entry);
      timing.onMeasured(entry);
    },
  });
}

/** Each picture has a caption of its own, since embeddings of those seen before are kept. */
function pictureStopwatch(
  { onPicture, config }: Pick<PictureTiming, 'onPicture' | 'config'>,
  signal: AbortSignal,
): Stopwatch<PictureMaker> {
  let done = 0;
  return {
    time: async ({ pipeline, unet }) => {
      const requests = Array.from({ length: config.latency.images }, (_, index) => ({
        caption: `picture ${done}, ${index}`,
        noise: { seed: config.seed, index },
      }));
      const startedMs = systemClock.elapsedMs();
      await pipeline.generate(unet, requests, { signal });
      const ms = systemClock.elapsedMs() - startedMs;
      done += 1;
      onPicture(done);
      return ms;
    },
  };
}
