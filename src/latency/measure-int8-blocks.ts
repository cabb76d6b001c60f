import { blockSites, type BlockSite } from '../model/unet-layout.js';
import { difference, ZERO, type Estimate } from '../statistics/estimate.js';
import type { BlockConfiguration } from './block-graph.js';
import { aloneSubject, besideInt8Subject, EMPTY_SUBJECT } from './block-subject.js';
import type { LatencyJob } from './latency-job.js';
import type { LatencyEntry } from './latency-records.js';
import { medianInterval, pairwiseDifferences } from './latency-statistics.js';
import { measureBlocksAlone } from './measure-blocks-alone.js';

/** What a block costs alone, and on weights of int8. */
export interface Int8Latency {
  readonly block: string;
  readonly float32Ms: Estimate;
  readonly int8Ms: Estimate;
  /** Positive where int8 is faster: the median of what runs in float32 took longer than those on int8 beside them, so that what slows the machine for longer than a round cancels out. */
  readonly savingMs: Estimate;
  /** Names of `LatencyWarning`s of either. */
  readonly warnings: readonly string[];
}

/**
 * Measures each block of the UNet alone in both precisions, in the same rounds, but for those that were measured so before.
 * @returns in the order the blocks run
 * @throws as `measureBlocksAlone` does; SnapEvoError `QUANTIZE_NOT_FINITE`
 */
export async function measureInt8Blocks(job: LatencyJob): Promise<readonly Int8Latency[]> {
  const { config } = job.unet;
  const sites = blockSites(config);
  const int8 = (site: BlockSite): BlockConfiguration => ({ site, present: true, precision: 'int8' });
  const entries = await measureBlocksAlone(job, sites.map(int8));
  const emptyMs = entries.get(EMPTY_SUBJECT)?.medianMs ?? ZERO;
  const measured = (subject: string): Pick<LatencyEntry, 'samplesMs' | 'medianMs' | 'flags'> =>
    entries.get(subject) ?? { samplesMs: [0], medianMs: ZERO, flags: [] };
  return sites.map((site) => {
    const one = measured(besideInt8Subject(config, int8(site), job.key));
    const other = measured(aloneSubject(config, int8(site), job.key));
    return {
      block: site.id,
      float32Ms: difference(one.medianMs, emptyMs),
      int8Ms: difference(other.medianMs, emptyMs),
      savingMs: medianInterval(pairwiseDifferences(one.samplesMs, other.samplesMs)),
      warnings: [...new Set([...one.flags, ...other.flags])].toSorted(),
    };
  });
}
