import { z } from 'zod';
import type { LatencyScope } from '../../config/search-config.js';
import type { ImageSettings } from '../../latency/image-cost.js';
import type { RunRecord } from '../../store/run-record.js';

const ofImages = z.object({
  search: z.object({ scope: z.literal('image') }),
  evaluation: z.object({ steps: z.number(), guidanceScale: z.number() }),
});

/** What a search's latencies are of; of a step where its config, being older, says nothing. */
export function latencyScope(run: Pick<RunRecord, 'config'>): LatencyScope {
  return timedPictures(run) === null ? 'step' : 'image';
}

/** How the pictures are made that a search's latencies are of; null where those are of a step. */
export function timedPictures({
  config,
}: Pick<RunRecord, 'config'>): Pick<ImageSettings, 'steps' | 'guidanceScale'> | null {
  return ofImages.safeParse(config).data?.evaluation ?? null;
}

/** The unit of a search's latencies: `ms a step`. */
export const latencyUnit: Readonly<Record<LatencyScope, string>> = {
  step: 'ms a step',
  image: 'ms an image',
};
