import { Piscina } from 'piscina';
import { detailsOf, SnapEvoError } from '../errors/snapevo-error.js';
import type { Device } from './device.js';
import type { DeviceResults, DeviceTask, TaskOutcome } from './device-task.js';
import { outOfMemory } from './out-of-memory.js';
import { Session } from './session.js';
import { buffersOf, type Tensors } from './tensor.js';
import { Turns } from './turns.js';

const device = (Piscina.workerData as { readonly device: Device }).device;
const sessions = new Map<number, Session>();
const keptFeeds = new Map<number, Tensors>();

function sessionOf(id: number): Session {
  const session = sessions.get(id);
  if (session !== undefined) return session;
  throw new SnapEvoError({ code: 'SESSION_UNKNOWN', message: `no session ${id} here`, fault: 'internal' });
}

async function runEach(
  session: Session,
  feeds: readonly Tensors[],
  fetches: readonly string[] | undefined,
): Promise<readonly Tensors[]> {
  const outputs: Tensors[] = [];
  for (const each of feeds) outputs.push(await session.run(each, fetches));
  return outputs;
}

/** Runs once and gives the milliseconds it took; feeds are kept, so that later calls can leave them out. */
async function time(id: number, feeds: Tensors | undefined): Promise<number> {
  if (feeds !== undefined) keptFeeds.set(id, feeds);
  const inputs = keptFeeds.get(id) ?? {};
  const started = performance.now();
  await sessionOf(id).run(inputs);
  return performance.now() - started;
}

const turns = new Turns();

/** Entry of the thread that owns a device: does one task at a time, in the order in which they come. */
export default async function perform(task: DeviceTask): Promise<TaskOutcome> {
  return turns.take(() => performNow(task));
}

/** Copies of residents are handed over, not copied once more. */
async function performNow(task: DeviceTask): Promise<TaskOutcome> {
  try {
    const started = performance.now();
    const result = await attempt(task);
    const outcome = { result, ms: performance.now() - started };
    return task.kind === 'getResidents' ? handOver(outcome) : outcome;
  } catch (error) {
    const known = error instanceof SnapEvoError ? error : outOfMemory(error, device);
    if (known !== undefined) return { failure: detailsOf(known) };
    throw error;
  }
}

/** Tensors that the caller gets as they are: piscina posts the value, and moves the buffers. */
function handOver(outcome: Exclude<TaskOutcome, { readonly failure: unknown }>): TaskOutcome {
  const buffers = buffersOf(outcome.result as Tensors);
  const moved = { [Piscina.transferableSymbol]: buffers, [Piscina.valueSymbol]: outcome };
  return Piscina.move(moved as never) as unknown as TaskOutcome;
}

async function attempt(task: DeviceTask): Promise<DeviceResults[DeviceTask['kind']]> {
  switch (task.kind) {
    case 'create':
      sessions.set(task.session, await Session.create(task.model, device, task.settings));
      return undefined;
    case 'run':
      return runEach(sessionOf(task.session), task.feeds, task.fetches);
    case 'time':
      return time(task.session, task.feeds);
    case 'setResidents':
      sessionOf(task.session).setResidents(task.tensors);
      return undefined;
    case 'getResidents':
      return sessionOf(task.session).getResidents(task.names);
    case 'release':
      await sessionOf(task.session).release();
      sessions.delete(task.session);
      keptFeeds.delete(task.session);
      return undefined;
  }
}
