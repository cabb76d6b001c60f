import { removeBlock } from '../architecture/architecture.js';
import { unetArchitecture } from '../model/unet-architecture.js';
import type { LatencyJob } from './latency-job.js';
import type { LatencyEntry } from './latency-records.js';
import { measureArchitecture, measureOriginal } from './measure-architecture.js';
import { fewestPairedMs } from './paired-protocol.js';

/** A block is a few per cent of a network: the network has to be known better than where it is what's asked for. */
const FINER = 4;

/**
 * Measures what blocks cost inside the network where the execution provider's profile doesn't tell: the whole network
 * without the block, in turn with the original. None is measured where the time does not suffice for the fewest samples of all.
 * @returns the network without a block, end to end, by block
 * @throws as `measureArchitecture` does
 */
export async function measureBlocksByDifference(job: LatencyJob): Promise<ReadonlyMap<string, LatencyEntry>> {
  const original = await measureOriginal(job);
  const { blocks } = unetArchitecture(job.unet.config);
  const limited = withFinerProtocol(job, job.settings.differences.timeLimitMs / blocks.length);
  const entries = new Map<string, LatencyEntry>();
  const { endToEnd } = limited.settings;
  if (fewestPairedMs(endToEnd, original.medianMs.value) > endToEnd.timeLimitMs) return entries;
  for (const { id } of blocks) {
    const without = removeBlock(unetArchitecture(job.unet.config), id);
    const { entry } = await measureArchitecture(limited, without, { subject: withoutSubject(id) });
    entries.set(id, entry);
    job.onPart?.('inside the network', entries.size, blocks.length);
  }
  return entries;
}

/** Not the architecture's own: what chose a block by a lucky measurement must not be what its removal is verified by. */
function withoutSubject(block: string): string {
  return `without ${block}`;
}

function withFinerProtocol(job: LatencyJob, timeLimitMs: number): LatencyJob {
  const { endToEnd } = job.settings;
  const finer = { ...endToEnd, timeLimitMs, intervalShare: endToEnd.intervalShare / FINER };
  return { ...job, settings: { ...job.settings, endToEnd: finer } };
}
