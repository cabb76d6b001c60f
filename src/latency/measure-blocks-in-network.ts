import { removeBlock, type Architecture } from '../architecture/architecture.js';
import { hashArchitecture } from '../architecture/canonical-form.js';
import { unetArchitecture } from '../model/unet-architecture.js';
import { inNetworkSubject, wholeSubject } from './block-subject.js';
import { keepEntry, storedEntry, type LatencyJob } from './latency-job.js';
import type { LatencyEntry } from './latency-records.js';
import {
  FEWEST_FOR_INTERVAL,
  findOutliers,
  isDrifting,
  medianInterval,
  pairwiseRatios,
  relativeWidth,
} from './latency-statistics.js';
import type { LatencyWarning } from './latency-warning.js';
import { watchMachine } from './machine-watch.js';
import type { MachineWarning } from './machine-warnings.js';
import { weightFolder } from './measured-unet.js';
import type { ProfiledForward } from './network-profile.js';
import { profileNetworks } from './profile-networks.js';
import { stepGraph } from './step-graph.js';

/** Kernel times of a network's forwards, as profiled. */
export interface ProfiledNetwork {
  /** All kernels together. */
  readonly whole: LatencyEntry;
  /** By block; sample `i` is of the same forward as the whole's. */
  readonly blocks: ReadonlyMap<string, LatencyEntry>;
}

export interface ProfiledNetworks {
  /** Every block runs. */
  readonly original: ProfiledNetwork;
  /** Every block is skipped: what is left of each. Blocks that keep their shape are not in it. */
  readonly stripped: ProfiledNetwork;
}

/** A network to be profiled, and the blocks that have kernels in it. */
interface Plan {
  readonly architecture: Architecture;
  readonly hash: string;
  readonly blocks: readonly string[];
}

/**
 * Measures every block inside the network, from the runtime's own profile of the original and of the network without
 * any of its blocks, run in turn. Not measured again once all of it is stored.
 * @throws as `profileNetworks` does
 */
export async function measureBlocksInNetwork(job: LatencyJob): Promise<ProfiledNetworks> {
  const [original, stripped] = plansOf(job);
  const known = readProfile(job, original, stripped);
  if (known !== undefined) return known;
  const plans = [original, stripped];
  const graphs = plans.map(({ architecture }) => stepGraph(job.unet, architecture, job.key));
  const settings = {
    ...job.settings.profiling,
    ...weightFolder(job.unet),
    scratchFolder: job.scratchFolder,
  };
  const watch = watchMachine(job.clock);
  const [ofOriginal = [], ofStripped = []] = await profileNetworks(
    job.host,
    graphs,
    settings,
    (done, total) => {
      job.onPart?.('inside the network', done, total);
    },
  );
  const of = {
    measuredAtMs: job.clock.nowMs(),
    machine: watch(ofOriginal.map(({ kernelsMs }) => kernelsMs)),
  };
  return { original: keep(job, original, ofOriginal, of), stripped: keep(job, stripped, ofStripped, of) };
}

function plansOf({ unet }: LatencyJob): readonly [Plan, Plan] {
  const original = unetArchitecture(unet.config);
  const stripped = original.blocks.reduce((architecture, { id }) => removeBlock(architecture, id), original);
  const ids = original.blocks.map(({ id }) => id);
  const projections = original.blocks.filter(({ changesChannels }) => changesChannels).map(({ id }) => id);
  return [
    { architecture: original, hash: hashArchitecture(original), blocks: ids },
    { architecture: stripped, hash: hashArchitecture(stripped), blocks: projections },
  ];
}

/** Samples of one profile belong together, and say so by the time they were kept at: those of two are none. */
function readProfile(job: LatencyJob, original: Plan, stripped: Plan): ProfiledNetworks | undefined {
  const known = { original: readStored(job, original), stripped: readStored(job, stripped) };
  if (known.original === undefined || known.stripped === undefined) return undefined;
  const entries = [known.original, known.stripped].flatMap(({ whole, blocks }) => [
    whole,
    ...blocks.values(),
  ]);
  const times = new Set(entries.map(({ measuredAtMs }) => measuredAtMs));
  return times.size === 1 ? { original: known.original, stripped: known.stripped } : undefined;
}

function readStored(job: LatencyJob, { hash, blocks }: Plan): ProfiledNetwork | undefined {
  const whole = storedEntry(job, wholeSubject(hash), 'in-network');
  if (whole === undefined) return undefined;
  const entries = new Map<string, LatencyEntry>();
  for (const block of blocks) {
    const entry = storedEntry(job, inNetworkSubject(block, hash), 'in-network');
    if (entry === undefined) return undefined;
    entries.set(block, entry);
  }
  return { whole, blocks: entries };
}

function keep(
  job: LatencyJob,
  { hash, blocks }: Plan,
  forwards: readonly ProfiledForward[],
  { measuredAtMs, machine }: { readonly measuredAtMs: number; readonly machine: readonly MachineWarning[] },
): ProfiledNetwork {
  const wholeMs = forwards.map(({ kernelsMs }) => kernelsMs);
  const { intervalShare } = job.settings.alone;
  const keepSeries = (
    subject: string,
    samplesMs: readonly number[],
    series: readonly number[],
  ): LatencyEntry => {
    const flags = [...warningsOf(series, intervalShare), ...machine];
    const medianMs = medianInterval(samplesMs);
    return keepEntry(job, { subject, method: 'in-network', samplesMs, medianMs, flags }, measuredAtMs);
  };
  const entries = blocks.map((block) => {
    const samplesMs = forwards.map(({ scopesMs }) => scopesMs.get(block) ?? 0);
    const shares = pairwiseRatios(samplesMs, wholeMs);
    return [block, keepSeries(inNetworkSubject(block, hash), samplesMs, shares)] as const;
  });
  return { whole: keepSeries(wholeSubject(hash), wholeMs, wholeMs), blocks: new Map(entries) };
}

function warningsOf(series: readonly number[], intervalShare: number): LatencyWarning[] {
  return [
    ...(relativeWidth(medianInterval(series)) > intervalShare ? (['unstable'] as const) : []),
    ...(series.length < FEWEST_FOR_INTERVAL ? (['few-samples'] as const) : []),
    ...(findOutliers(series).length > 0 ? (['outliers'] as const) : []),
    ...(isDrifting(series) ? (['drift'] as const) : []),
  ];
}
