import { tmpdir } from 'node:os';
import type { SearchConfig } from '../../config/search-config.js';
import { loadTokenizer } from '../../data/tokenizer.js';
import { keyedGenerator } from '../../diffusion/gaussian.js';
import { latentExtents } from '../../evaluation/latent-extents.js';
import { systemClock } from '../../latency/clock.js';
import { DeviceLatencyMeter } from '../../latency/latency-meter.js';
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
  readonly config: Pick<SearchConfig, 'evaluation' | 'latency' | 'seed'>;
  readonly store: Store;
  readonly runId: string;
  readonly display: SearchDisplay;
  readonly narrator: SearchNarrator;
}

/** The search's latency meter: one step of the UNet, as the configured scorer runs it, on the configured device. */
export function searchLatencyMeter({
  host,
  models,
  config,
  store,
  runId,
  display,
  narrator,
}: SearchLatencyMeterParts): LatencyMeter {
  const { images, remeasure, ...settings } = config.latency;
  const { unet } = models;
  return new DeviceLatencyMeter(
    {
      host,
      unet: measuredUNet(unet),
      key: tableKey(host, models, stepBatchSize(images, config.evaluation.guidanceScale)),
      store: new TrustedLatencies(store, ownLatencies(store, runId), { remeasure }),
      settings,
      clock: systemClock,
      random: keyedGenerator({ seed: config.seed, index: 0 }),
      scratchFolder: tmpdir(),
      onPart: (part, done, total) => {
        display.onPart(part, done, total);
      },
    },
    host.device.provider,
    {
      onTable: (table) => {
        narrator.tellTable(table);
      },
      onNetwork: (architectureHash, entry) => {
        narrator.tellNetwork(architectureHash, entry);
      },
    },
  );
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
    contextLength: loadTokenizer(models.tokenizerFolder).maxLength,
  };
}
