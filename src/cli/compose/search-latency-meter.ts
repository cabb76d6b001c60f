import { tmpdir } from 'node:os';
import type { SearchConfig } from '../../config/search-config.js';
import { loadTokenizer } from '../../data/tokenizer.js';
import { keyedGenerator } from '../../diffusion/gaussian.js';
import { latentExtents } from '../../evaluation/latent-extents.js';
import { systemClock } from '../../latency/clock.js';
import { ImageLatencyMeter } from '../../latency/image-latency-meter.js';
import { measureImageCost } from '../../latency/image-parts.js';
import type { LatencyJob } from '../../latency/latency-job.js';
import { DeviceLatencyMeter, type LatencyListener } from '../../latency/latency-meter.js';
import type { LatencyTableKey } from '../../latency/latency-records.js';
import { measuredUNet, stepBatchSize } from '../../latency/measured-unet.js';
import { LATENCY_PROTOCOL } from '../../latency/protocol-version.js';
import { TrustedLatencies, type OwnLatencies } from '../../latency/trusted-latencies.js';
import type { Pipeline } from '../../model/pipeline-folder.js';
import type { DeviceHost } from '../../runtime/device-host.js';
import type { LatencyMeter } from '../../search/ports.js';
import type { Store } from '../../store/store.js';
import type { SearchDisplay } from '../search-run/search-display.js';
import type { SearchNarrator } from '../search-run/search-narrator.js';
import { fingerprintOf } from './describe-device.js';

/** What the search's latency meter works with. */
export interface SearchLatencyMeterParts {
  readonly host: DeviceHost;
  readonly models: Pipeline;
  readonly config: Pick<SearchConfig, 'evaluation' | 'latency' | 'search' | 'seed'>;
  readonly store: Store;
  readonly runId: string;
  readonly display: SearchDisplay;
  readonly narrator: SearchNarrator;
}

/**
 * The search's latency meter: one step of the UNet, as the configured scorer runs it, on the configured device; or all of a
 * picture as the scorer makes it, where the config says so.
 */
export function searchLatencyMeter(parts: SearchLatencyMeterParts): LatencyMeter {
  const { host, models, config, narrator } = parts;
  const { evaluation, latency, search } = config;
  const job = latencyJob(parts);
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

function latencyJob({ host, models, config, store, runId, display }: SearchLatencyMeterParts): LatencyJob {
  const { images, remeasure, ...settings } = config.latency;
  return {
    host,
    unet: measuredUNet(models.unet),
    key: tableKey(host, models, stepBatchSize(images, config.evaluation.guidanceScale)),
    store: new TrustedLatencies(store, ownLatencies(store, runId), { remeasure }),
    settings,
    clock: systemClock,
    random: keyedGenerator({ seed: config.seed, index: 0 }),
    scratchFolder: tmpdir(),
    onPart: (part, done, total) => {
      display.onPart(part, done, total);
    },
  };
}

function ownLatencies(store: Store, runId: string): OwnLatencies {
  return {
    put: (entry) => {
      store.putRunLatency(runId, entry);
    },
    find: (subject, method) => store.readRunLatencies(runId, { subject, method })[0],
  };
}

function tableKey(host: DeviceHost, models: Pipeline, batchSize: number): LatencyTableKey {
  const { height, width } = latentExtents(models);
  return {
    protocol: LATENCY_PROTOCOL,
    deviceFingerprint: fingerprintOf(host.device),
    dtype: 'float32',
    batchSize,
    latentHeight: height,
    latentWidth: width,
    contextLength: loadTokenizer(models.tokenizerFolder, models.textEncoder.config.maxTokens).maxLength,
  };
}
