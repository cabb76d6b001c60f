import { blockSites } from '../model/unet-layout.js';
import { difference, ZERO, type Estimate } from '../statistics/estimate.js';
import type { BlockConfiguration } from './block-graph.js';
import { aloneSubject, EMPTY_SUBJECT } from './block-subject.js';
import type { LatencyJob } from './latency-job.js';
import { measureBlocksAlone } from './measure-blocks-alone.js';

/** What a block costs alone, and on weights of int8. */
export interface Int8Latency {
  readonly block: string;
  readonly float32Ms: Estimate;
  readonly int8Ms: Estimate;
  /** Positive where int8 is faster. */
  readonly savingMs: Estimate;
  /** Names of `LatencyWarning`s of either. */
  readonly warnings: readonly string[];
}

/**
 * Measures each block of the UNet alone in both precisions, side by side, but for what is stored already.
 * @returns in the order the blocks run
 * @throws as `measureBlocksAlone` does; SnapEvoError `QUANTIZE_NOT_FINITE`
 */
export async function measureInt8Blocks(job: LatencyJob): Promise<readonly Int8Latency[]> {
  const { config } = job.unet;
  const configurations = blockSites(config).map((site) => ({
    float32: { site, present: true },
    int8: { site, present: true, precision: 'int8' } as const,
  }));
  const entries = await measureBlocksAlone(
    job,
    configurations.flatMap(({ float32, int8 }) => [float32, int8]),
  );
  const emptyMs = entries.get(EMPTY_SUBJECT)?.medianMs ?? ZERO;
  const measured = (configuration: BlockConfiguration): { medianMs: Estimate; flags: readonly string[] } =>
    entries.get(aloneSubject(config, configuration, job.key)) ?? { medianMs: ZERO, flags: [] };
  return configurations.map(({ float32, int8 }) => {
    const [one, other] = [measured(float32), measured(int8)];
    return {
      block: float32.site.id,
      float32Ms: difference(one.medianMs, emptyMs),
      int8Ms: difference(other.medianMs, emptyMs),
      savingMs: difference(one.medianMs, other.medianMs),
      warnings: [...new Set([...one.flags, ...other.flags])].toSorted(),
    };
  });
}
