import type { ExternalData } from '../graph/graph.js';
import { blockGraph, leavesProjection, type BlockConfiguration } from './block-graph.js';
import { aloneSubject, EMPTY_SUBJECT, REFERENCE_SUBJECT } from './block-subject.js';
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
  readonly weightBytes: number;
}

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
 * measured in groups, and each is stored as soon as it is done; what is stored already isn't measured again.
 * @returns entries by subject
 */
export async function measureBlocksAlone(
  job: LatencyJob,
  configurations = costlyConfigurations(job.unet.config),
): Promise<ReadonlyMap<string, LatencyEntry>> {
  const entries = new Map<string, LatencyEntry>();
  const tasks: AloneTask[] = [];
  for (const [subject, build] of subjectsOf(job, configurations)) {
    const known = storedEntry(job, subject, 'isolated');
    if (known !== undefined) entries.set(subject, known);
    else tasks.push(toTask(subject, build()));
  }
  let before = 0;
  for (const group of groupTasks(tasks)) {
    const span = { before, total: tasks.length };
    for (const entry of await measureGroup(job, group, span)) entries.set(entry.subject, entry);
    before += group.length;
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

function subjectsOf(
  job: LatencyJob,
  configurations: readonly BlockConfiguration[],
): ReadonlyMap<string, () => MeasuredGraph> {
  const { unet, key } = job;
  const subjects = new Map<string, () => MeasuredGraph>([[EMPTY_SUBJECT, emptyGraph]]);
  for (const configuration of configurations) {
    subjects.set(aloneSubject(unet.config, configuration, key), () => blockGraph(unet, configuration, key));
  }
  return subjects;
}

async function measureGroup(
  job: LatencyJob,
  group: readonly AloneTask[],
  { before, total }: GroupSpan,
): Promise<LatencyEntry[]> {
  const { alone } = job.settings;
  const settings = { ...alone, timeLimitMs: (alone.timeLimitMs * group.length) / total };
  const entries: LatencyEntry[] = [];
  const graphs = [...group.map(({ measured }) => measured), referenceGraph()];
  const watch = watchMachine(job.clock);
  await withSessions(
    job.host,
    graphs,
    () => weightFolder(job.unet),
    async (sessions) => {
      const subjectOf = new Map<unknown, string>(
        sessions.map((session, index) => [session, group[index]?.subject ?? '']),
      );
      const stopwatch = tellingStopwatch(job, settings, (timeShare) => {
        const done = Math.max(entries.length, Math.floor(timeShare * group.length));
        job.onPart?.('alone', before + done, total);
      });
      const onMeasured: Company<RemoteSession>['onMeasured'] = (session, measurement, referenceMs) => {
        const { samplesMs, medianMs, warnings } = measurement;
        const machine = watch(referenceMs);
        const flags = [...warnings, ...machine, ...compareReference(job, referenceMs, machine)];
        const subject = subjectOf.get(session) ?? '';
        entries.push(keepEntry(job, { subject, method: 'isolated', samplesMs, medianMs, flags }));
      };
      const [reference] = sessions.slice(group.length);
      const company = { onMeasured, ...(reference === undefined ? {} : { reference }) };
      await measureInterleaved(sessions.slice(0, group.length), stopwatch, settings, job, company);
    },
  );
  return entries;
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

function toTask(subject: string, measured: MeasuredGraph): AloneTask {
  const weightBytes = measured.graph.initializers.reduce((sum, { data }) => sum + byteLength(data), 0);
  return { subject, measured, weightBytes };
}

function byteLength(data: ArrayBufferView | ExternalData): number {
  return 'byteLength' in data ? data.byteLength : data.length;
}

/** Neighbours together, in as few groups as the limits allow. */
function groupTasks(tasks: readonly AloneTask[]): AloneTask[][] {
  const groups: AloneTask[][] = [];
  let bytes = 0;
  for (const task of tasks) {
    const group = groups.at(-1);
    const fits =
      group !== undefined && group.length < maxGroupTasks && bytes + task.weightBytes <= maxGroupBytes;
    if (fits) group.push(task);
    else groups.push([task]);
    bytes = fits ? bytes + task.weightBytes : task.weightBytes;
  }
  return groups;
}
