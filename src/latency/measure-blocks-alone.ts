import type { ExternalData } from '../graph/graph.js';
import { blockGraph, leavesProjection, type BlockConfiguration } from './block-graph.js';
import { aloneSubject, besideInt8Subject, EMPTY_SUBJECT, REFERENCE_SUBJECT } from './block-subject.js';
import { keepEntry, storedEntry, type LatencyJob } from './latency-job.js';
import type { LatencyEntry } from './latency-records.js';
import type { RemoteSession } from '../runtime/device-host.js';
import type { UNetConfig } from '../model/unet-config.js';
import { blockSites } from '../model/unet-layout.js';
import { medianInterval } from './latency-statistics.js';
import { watchMachine } from './machine-watch.js';
import { hasMoved, type MachineWarning } from './machine-warnings.js';
import { emptyGraph, type MeasuredGraph } from './measured-graph.js';
import { sessionStopwatch, withSessions } from './measured-session.js';
import { weightFolder } from './measured-unet.js';
import { measureInterleaved, type Company, type ProtocolSettings } from './measuring-protocol.js';
import { referenceGraph } from './reference-graph.js';

/** What is measured alone, and the text that it is stored under. */
interface AloneTask {
  readonly subject: string;
  readonly measured: MeasuredGraph;
}

/** A block, or one on weights of int8 and what it is held against: itself in float32. */
interface TaskSet {
  readonly tasks: readonly AloneTask[];
  readonly weightBytes: number;
}

/** How graphs are made, by the subjects that they are stored under. */
type Builders = ReadonlyMap<string, () => MeasuredGraph>;

/** Which of all tasks a group has: those behind so many others. */
interface GroupSpan {
  readonly before: number;
  readonly total: number;
}

/** Blocks are loaded side by side as long as their weights fit in this. */
const maxGroupBytes = 512 * 2 ** 20;
const maxGroupTasks = 12;

/**
 * Measures alone whatever the UNet's blocks can be, or other configurations of them, each configuration once however many blocks have it: the block, and
 * where skipping leaves a projection, that. Also an empty run, which tells what all the others cost too much. Blocks are
 * measured in groups, and each is stored as soon as it is done; what is stored already isn't measured again. A block on int8 is measured in the same rounds as itself
 * in float32, under a subject of its own, whatever is known of that from elsewhere: the machine may have been slower or faster then.
 * @returns entries by subject; those of a block on int8 and of itself beside that have as many samples, taken in the same rounds
 */
export async function measureBlocksAlone(
  job: LatencyJob,
  configurations = costlyConfigurations(job.unet.config),
): Promise<ReadonlyMap<string, LatencyEntry>> {
  const entries = new Map<string, LatencyEntry>();
  const sets: TaskSet[] = [];
  for (const builders of subjectSets(job, configurations)) {
    const known = storedTogether(job, [...builders.keys()]);
    if (known === undefined) sets.push(toTaskSet(builders));
    else for (const entry of known) entries.set(entry.subject, entry);
  }
  let before = 0;
  const total = sets.flatMap(({ tasks }) => tasks).length;
  for (const group of groupSets(sets)) {
    for (const entry of await measureGroup(job, group, { before, total })) entries.set(entry.subject, entry);
    before += group.flatMap(({ tasks }) => tasks).length;
    job.onPart?.('alone', before, total);
  }
  return entries;
}

/** The configurations that a UNet's blocks can be in and that cost anything, in the order the blocks run. */
export function costlyConfigurations(config: UNetConfig): readonly BlockConfiguration[] {
  return blockSites(config).flatMap((site) => [
    { site, present: true },
    ...(leavesProjection(site) ? [{ site, present: false }] : []),
  ]);
}

/** Each subject once, those that are held against each other in one set. */
function subjectSets({ unet, key }: LatencyJob, configurations: readonly BlockConfiguration[]): Builders[] {
  const sets = new Map<string, Builders>([[EMPTY_SUBJECT, new Map([[EMPTY_SUBJECT, emptyGraph]])]]);
  for (const configuration of configurations) {
    const { precision, ...inFloat } = configuration;
    const subject = aloneSubject(unet.config, configuration, key);
    const build = (): MeasuredGraph => blockGraph(unet, configuration, key);
    const beside: Builders =
      precision === undefined
        ? new Map()
        : new Map([
            [besideInt8Subject(unet.config, configuration, key), () => blockGraph(unet, inFloat, key)],
          ]);
    sets.set(subject, new Map([...beside, [subject, build]]));
  }
  return [...sets.values()];
}

/** Entries of one measurement belong together, and say so by the time they were kept at: undefined where one lacks or is of another. */
function storedTogether(job: LatencyJob, subjects: readonly string[]): readonly LatencyEntry[] | undefined {
  const entries: LatencyEntry[] = [];
  for (const subject of subjects) {
    const entry = storedEntry(job, subject, 'isolated');
    if (entry === undefined) return undefined;
    entries.push(entry);
  }
  return new Set(entries.map(({ measuredAtMs }) => measuredAtMs)).size === 1 ? entries : undefined;
}

async function measureGroup(
  job: LatencyJob,
  sets: readonly TaskSet[],
  { before, total }: GroupSpan,
): Promise<LatencyEntry[]> {
  const { alone } = job.settings;
  const tasks = sets.flatMap((set) => set.tasks);
  const setOfTask = sets.flatMap((set) => set.tasks.map(() => set));
  const settings = { ...alone, timeLimitMs: (alone.timeLimitMs * tasks.length) / total };
  const entries: LatencyEntry[] = [];
  const watch = watchMachine(job.clock);
  await withSessions(
    job.host,
    [...tasks.map(({ measured }) => measured), referenceGraph()],
    () => weightFolder(job.unet),
    async (sessions) => {
      const indexOf = new Map(sessions.map((session, index) => [session, index]));
      const stopwatch = tellingStopwatch(job, settings, (timeShare) => {
        const done = Math.max(entries.length, Math.floor(timeShare * tasks.length));
        job.onPart?.('alone', before + done, total);
      });
      const keepSet = setKeeper(job, entries);
      const [reference] = sessions.slice(tasks.length);
      const company: Company<RemoteSession> = {
        setOf: (session) => setOfTask[indexOf.get(session) ?? -1],
        onMeasured: (session, { samplesMs, medianMs, warnings }, referenceMs) => {
          const index = indexOf.get(session) ?? -1;
          const machine = watch(referenceMs);
          const flags = [...warnings, ...machine, ...compareReference(job, referenceMs, machine)];
          const subject = tasks[index]?.subject ?? '';
          keepSet({ subject, method: 'isolated', samplesMs, medianMs, flags }, setOfTask[index]);
        },
        ...(reference === undefined ? {} : { reference }),
      };
      await measureInterleaved<RemoteSession>(
        sessions.slice(0, tasks.length),
        stopwatch,
        settings,
        job,
        company,
      );
    },
  );
  return entries;
}

/** Keeps measurements once those of their whole set are there, all at the same time of day. */
function setKeeper(
  job: LatencyJob,
  entries: LatencyEntry[],
): (measured: Omit<LatencyEntry, 'measuredAtMs'>, set: TaskSet | undefined) => void {
  const held = new Map<TaskSet | undefined, Omit<LatencyEntry, 'measuredAtMs'>[]>();
  return (measured, set) => {
    const ofSet = [...(held.get(set) ?? []), measured];
    held.set(set, ofSet);
    if (ofSet.length < (set?.tasks.length ?? 1)) return;
    const measuredAtMs = job.clock.nowMs();
    for (const each of ofSet) entries.push(keepEntry(job, each, measuredAtMs));
  };
}

/**
 * Whether the reference takes as long as when it was first measured, which is now if it was not before.
 * @param machine what is wrong with the machine now: a yardstick measured on such a one is none for other runs
 */
function compareReference(
  job: LatencyJob,
  referenceMs: readonly number[],
  machine: readonly MachineWarning[],
): MachineWarning[] {
  const [subject, method] = [REFERENCE_SUBJECT, 'isolated'] as const;
  const medianMs = medianInterval(referenceMs);
  const known = storedEntry(job, subject, method);
  if (known !== undefined) return hasMoved(medianMs.value, known.medianMs.value) ? ['reference-moved'] : [];
  keepEntry(job, { subject, method, samplesMs: [...referenceMs], medianMs, flags: machine });
  return [];
}

/** Tells after each run which share of the time limit is over. */
function tellingStopwatch(
  { clock }: Pick<LatencyJob, 'clock'>,
  { timeLimitMs }: Pick<ProtocolSettings, 'timeLimitMs'>,
  tell: (timeShare: number) => void,
): typeof sessionStopwatch {
  const startMs = clock.elapsedMs();
  return {
    time: async (session) => {
      const ms = await sessionStopwatch.time(session);
      tell(Math.min(1, (clock.elapsedMs() - startMs) / timeLimitMs));
      return ms;
    },
  };
}

function toTaskSet(builders: Builders): TaskSet {
  const tasks = [...builders].map(([subject, build]) => ({ subject, measured: build() }));
  const weights = tasks.flatMap(({ measured }) => measured.graph.initializers);
  return { tasks, weightBytes: weights.reduce((sum, { data }) => sum + byteLength(data), 0) };
}

function byteLength(data: ArrayBufferView | ExternalData): number {
  return 'byteLength' in data ? data.byteLength : data.length;
}

/** Neighbours together, in as few groups as the limits allow. */
function groupSets(sets: readonly TaskSet[]): TaskSet[][] {
  const groups: TaskSet[][] = [];
  let [bytes, count] = [0, 0];
  for (const set of sets) {
    const group = groups.at(-1);
    const taken = { bytes: bytes + set.weightBytes, count: count + set.tasks.length };
    const fits = group !== undefined && taken.count <= maxGroupTasks && taken.bytes <= maxGroupBytes;
    if (fits) group.push(set);
    else groups.push([set]);
    [bytes, count] = fits ? [taken.bytes, taken.count] : [set.weightBytes, set.tasks.length];
  }
  return groups;
}
