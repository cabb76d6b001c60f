import type { SearchConfig } from '../../config/search-config.js';
import { ImageLatencyMeter } from '../../latency/image-latency-meter.js';
import { measureImageCost } from '../../latency/image-parts.js';
import type { LatencyJob } from '../../latency/latency-job.js';
import { DeviceLatencyMeter, type LatencyListener } from '../../latency/latency-meter.js';
import type { LatencyMeter } from '../../search/ports.js';
import type { SearchDisplay } from '../search-run/search-display.js';
import type { SearchNarrator } from '../search-run/search-narrator.js';
import { runLatencyJob, type RunLatencyParts } from './run-latency-job.js';

/** What the search's latency meter works with. */
export interface SearchLatencyMeterParts extends RunLatencyParts {
  readonly config: Pick<SearchConfig, 'evaluation' | 'latency' | 'search' | 'seed'>;
  readonly display: SearchDisplay;
  readonly narrator: SearchNarrator;
}

/**
 * The search's latency meter: one step of the UNet, as the configured scorer runs it, on the configured device; or all of a
 * picture as the scorer makes it, where the config says so.
 */
export function searchLatencyMeter(parts: SearchLatencyMeterParts): LatencyMeter {
  const { host, models, config, display, narrator } = parts;
  const { evaluation, latency, search } = config;
  const job: LatencyJob = {
    ...runLatencyJob(parts),
    onPart: (part, done, total) => {
      display.onPart(part, done, total);
    },
  };
  const listener: LatencyListener = {
    onTable: (table) => {
      narrator.tellTable(table);
    },
    onNetwork: (architectureHash, entry) => {
      narrator.tellNetwork(architectureHash, entry);
    },
  };
  const stepMeter = (told: LatencyListener): LatencyMeter =>
    new DeviceLatencyMeter(job, host.device.provider, told);
  if (search.scope === 'step') return stepMeter(listener);
  const { steps, guidanceScale } = evaluation;
  return new ImageLatencyMeter({
    stepMeter,
    measureCost: () =>
      measureImageCost(job, models, { images: latency.images, steps, guidanceScale }, (entry) => {
        narrator.tellImagePart(entry);
      }),
    listener,
  });
}
