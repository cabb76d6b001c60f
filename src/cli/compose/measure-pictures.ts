import { hashArchitecture } from '../../architecture/canonical-form.js';
import type { SearchConfig } from '../../config/search-config.js';
import type { UNetChoice } from '../../evaluation/text-to-image-pipeline.js';
import type { LoadWeights } from '../../evaluation/unet-sessions.js';
import { pictureSubject } from '../../latency/image-subject.js';
import type { Pipeline } from '../../model/pipeline-folder.js';
import { forTiming, type DeviceHost } from '../../runtime/device-host.js';
import type { Done } from '../../search/state.js';
import { openPipeline } from './open-pipeline.js';
import { storedPictureTimes, timePictures, type PictureTiming } from './time-pictures.js';

/** What whole pictures are measured with. */
export interface PictureMeasuringParts extends PictureTiming {
  readonly host: DeviceHost;
  readonly models: Pipeline;
  readonly config: Pick<SearchConfig, 'evaluation' | 'latency' | 'seed'>;
  readonly loadTrained: LoadWeights;
  /** Frees what the search scored with, a pipeline like the one that is opened here: two at once would take twice the memory. */
  readonly makeRoom: () => Promise<void>;
}

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
  const networks = new Map<string, UNetChoice>();
  for (const architecture of [original, chosen.architecture]) {
    networks.set(pictureSubject(hashArchitecture(architecture)), { architecture, weights });
  }
  if (storedPictureTimes(parts, [...networks.keys()]).size === networks.size) return;
  const { config, loadTrained } = parts;
  const { steps, guidanceScale, sampler } = config.evaluation;
  const settings = { steps, guidanceScale, batch: config.latency.images, unetSessions: networks.size };
  await parts.makeRoom();
  const pipeline = await openPipeline(forTiming(parts.host), parts.models, settings, {
    loadTrained,
    sampler: sampler ?? undefined,
  });
  try {
    const makers = [...networks].map(([subject, unet]) => ({ subject, pipeline, unet }));
    await timePictures(makers, parts, signal);
  } finally {
    await pipeline.release();
  }
}
