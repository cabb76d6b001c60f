import { tmpdir } from 'node:os';
import type { SearchConfig } from '../../config/search-config.js';
import { loadTokenizer } from '../../data/tokenizer.js';
import { keyedGenerator } from '../../diffusion/gaussian.js';
import { latentExtents } from '../../evaluation/latent-extents.js';
import { systemClock } from '../../latency/clock.js';
import type { LatencyJob } from '../../latency/latency-job.js';
import type { LatencyTableKey } from '../../latency/latency-records.js';
import { measuredUNet, stepBatchSize } from '../../latency/measured-unet.js';
import { LATENCY_PROTOCOL } from '../../latency/protocol-version.js';
import { TrustedLatencies, type OwnLatencies } from '../../latency/trusted-latencies.js';
import type { Pipeline } from '../../model/pipeline-folder.js';
import type { DeviceHost } from '../../runtime/device-host.js';
import type { Store } from '../../store/store.js';
import { fingerprintOf } from './describe-device.js';

/** What a run measures a pipeline's models with. */
export interface RunLatencyParts {
  readonly host: DeviceHost;
  readonly models: Pipeline;
  readonly config: Pick<SearchConfig, 'evaluation' | 'latency' | 'seed'>;
  readonly store: Store;
  readonly runId: string;
}

/** A run's measuring: of the pipeline's models as its scorer runs them, on its device, by what it has measured or gone by before. */
export function runLatencyJob({ host, models, config, store, runId }: RunLatencyParts): LatencyJob {
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
