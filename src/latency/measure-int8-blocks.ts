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

/** Beside each present block the same on weights of int8. */
export function inBothPrecisions(
  configurations: readonly BlockConfiguration[],
): readonly BlockConfiguration[] {
  return configurations.flatMap((each) => (each.present ? [each, { ...each, precision: 'int8' }] : [each]));
}

/**
 * Measures each block of the UNet alone in both precisions, side by side, but for what is stored already.
 * @returns in the order the blocks run
 * @throws as `measureBlocksAlone` does; SnapEvoError `QUANTIZE_NOT_FINITE`
 */
export async function measureInt8Blocks(job: LatencyJob): Promise<readonly Int8Latency[]> {
  const { config } = job.unet;
  const sites = blockSites(config);
  const entries = await measureBlocksAlone(
    job,
    inBothPrecisions(sites.map((site) => ({ site, present: true }))),
  );
  const emptyMs = entries.get(EMPTY_SUBJECT)?.medianMs ?? ZERO;
  const measured = (configuration: BlockConfiguration): { medianMs: Estimate; flags: readonly string[] } =>
    entries.get(aloneSubject(config, configuration, job.key)) ?? { medianMs: ZERO, flags: [] };
  return sites.map((site) => {
    const one = measured({ site, present: true });
    const other = measured({ site, present: true, precision: 'int8' });
    return {
      block: site.id,
      float32Ms: difference(one.medianMs, emptyMs),
      int8Ms: difference(other.medianMs, emptyMs),
      savingMs: difference(one.medianMs, other.medianMs),
      warnings: [...new Set([...one.flags, ...other.flags])].toSorted(),
    };
  });
}
