import { channel } from 'node:diagnostics_channel';
import { Piscina } from 'piscina';
import { SnapEvoError } from '../errors/snapevo-error.js';
import type { Device } from './device.js';
import type { DeviceResults, DeviceTask, TaskOutcome } from './device-task.js';
import { outOfMemory } from './out-of-memory.js';
import type { SessionSettings } from './session-options.js';
import { buffersOf, ownBuffers, type Tensors } from './tensor.js';
import { workerLost } from './worker-lost.js';

/** The longest time that Node's timers know: piscina would otherwise end a task in hand after half a minute. */
const closeTimeoutMs = 2 ** 31 - 1;

/** Told of every task that a worker has done: whoever wants to know where the time goes subscribes to `snapevo:device-task`. */
const tasksDone = channel('snapevo:device-task');

/** What is told of a task. */
export interface TaskTiming {
  readonly kind: DeviceTask['kind'];
  /** Milliseconds that the worker was at it, without the way there and back. */
  readonly ms: number;
}

/** A session that lives in a device's worker thread. */
export interface RemoteSession {
  /** Runs once; gives the outputs that are not residents, or those named. */
  run(feeds: Tensors, fetches?: readonly string[]): Promise<Tensors>;
  /** Runs once for each of the feeds, one after another, and gives the outputs of each: for runs that take less than a message to the thread. */
  runEach(feeds: readonly Tensors[]): Promise<readonly Tensors[]>;
  /** Runs once and gives its milliseconds as the worker measured them; left-out feeds are those of the last call. */
  time(feeds?: Tensors): Promise<number>;
  /** Sets resident inputs. Their arrays are handed over, not copied, and can't be used afterwards. */
  setResidents(tensors: Tensors): Promise<void>;
  /** Copies of resident inputs. */
  getResidents(names: readonly string[]): Promise<Tensors>;
  release(): Promise<void>;
}

/** The part of a device that sessions are made by. */
export type SessionHost = Pick<DeviceHost, 'createSession'>;

/** A device whose sessions are timed: threads that wait sleep at once (see `SessionSettings.spinning`). */
export function forTiming(host: SessionHost): SessionHost {
  return {
    createSession: (model, settings) => host.createSession(model, { ...settings, spinning: false }),
  };
}

/**
 * A device's worker: a piscina pool of one thread, so that one thing runs on the device at a time and the calling thread
 * stays free for signals, progress and the store. Sessions live and die with the thread: a host whose thread is lost does nothing any
 * more but say so.
 */
export class DeviceHost {
  readonly device: Device;
  readonly #pool: Piscina;
  #nextSession = 0;
  #isClosing = false;
  /** The thread ended though nobody had closed the host. */
  #isLost = false;
  /** What the thread ended with, if it said. */
  #lastWords: unknown;

  constructor(device: Device) {
    this.device = device;
    const fromSource = import.meta.url.endsWith('.ts');
    this.#pool = new Piscina({
      filename: new URL(fromSource ? 'device-worker.ts' : 'device-worker.js', import.meta.url).href,
      ...(fromSource ? { execArgv: ['--import', 'tsx'] } : {}),
      minThreads: 1,
      maxThreads: 1,
      // the thread has the next task at hand when it is done with one; it does them in turn
      concurrentTasksPerWorker: 2,
      stricterFIFO: true,
      closeTimeout: closeTimeoutMs,
      workerData: { device },
    });
    this.#pool.on('workerDestroy', () => {
      if (!this.#isClosing) this.#isLost = true;
    });
    this.#pool.on('error', (error: unknown) => {
      this.#lastWords = error;
    });
  }

  /**
   * Loads a model, given as bytes or as a file's path. Bytes are handed over, not copied, and can't be used afterwards.
   * @throws SnapEvoError `SESSION_FAILED`, or `DEVICE_OUT_OF_MEMORY`; `DEVICE_WORKER_LOST`, as all that a session does
   */
  async createSession(model: Uint8Array | string, settings: SessionSettings = {}): Promise<RemoteSession> {
    const session = this.#nextSession++;
    await this.#perform(
      { kind: 'create', session, model, settings },
      typeof model === 'string' ? [] : ownBuffers([model]),
    );
    const runEach = (feeds: readonly Tensors[], fetches?: readonly string[]): Promise<readonly Tensors[]> =>
      this.#perform({ kind: 'run', session, feeds, fetches });
    return {
      run: async (feeds, fetches) => {
        const [outputs = {}] = await runEach([feeds], fetches);
        return outputs;
      },
      runEach: (feeds) => runEach(feeds),
      time: (feeds) => this.#perform({ kind: 'time', session, feeds }),
      setResidents: (tensors) =>
        this.#perform({ kind: 'setResidents', session, tensors }, buffersOf(tensors)),
      getResidents: (names) => this.#perform({ kind: 'getResidents', session, names }),
      release: () => this.#perform({ kind: 'release', session }),
    };
  }

  /** Ends the thread and frees its sessions, after the task in hand, however long that takes. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#pool.close();
  }

  async #perform<Kind extends DeviceTask['kind']>(
    task: DeviceTask & { readonly kind: Kind },
    handedOver: ArrayBuffer[] = [],
  ): Promise<DeviceResults[Kind]> {
    const outcome = await this.#run(task, handedOver);
    if ('failure' in outcome) throw new SnapEvoError(outcome.failure);
    if (tasksDone.hasSubscribers) tasksDone.publish({ kind: task.kind, ms: outcome.ms } satisfies TaskTiming);
    return outcome.result as DeviceResults[Kind];
  }
  async #run(task: DeviceTask, transferList: ArrayBuffer[]): Promise<TaskOutcome> {
    this.#requireWorker();
    const outcome = await this.#runThere(task, transferList);
    // what was queued goes to a new thread, which has none of the sessions
    this.#requireWorker();
    return outcome;
  }

  async #runThere(task: DeviceTask, transferList: ArrayBuffer[]): Promise<TaskOutcome> {
    try {
      return (await this.#pool.run(task, { transferList })) as TaskOutcome;
    } catch (error) {
      if (this.#isLost) this.#lastWords ??= error;
      this.#requireWorker();
      throw error;
    }
  }

  #requireWorker(): void {
    if (!this.#isLost) return;
    throw outOfMemory(this.#lastWords, this.device) ?? workerLost(this.#lastWords, this.device);
  }
}
