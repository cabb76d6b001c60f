import { appendFileSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { InferenceSession } from 'onnxruntime-node';

/*
 * Loaded into the built program before anything else (see `breaking`): does harm in its worker threads, where they call the runtime.
 */

/** What a worker is at: told by the inputs of the session that it runs. */
type Occupation = 'training' | 'scoring' | 'measuring';

/** What goes wrong, and when. */
export interface WorkerFault {
  readonly during: Occupation;
  /** Before which of the runs that one worker does; 0 is when the session is created. */
  readonly run: number;
  /** In how many workers. */
  readonly times: number;
  /** The thread ends, an error escapes, the heap is filled, or the runtime throws what it is told to say. */
  readonly does: 'exit' | 'escape' | 'fill' | { readonly say: string };
}

/** How the program is told: what goes wrong, and a folder to note in what has, since that has to outlive threads. */
export interface FaultPlan {
  readonly folder: string;
  readonly faults: readonly WorkerFault[];
}

export const planVariable = 'SNAPEVO_FAULT_PLAN';

function occupationOf(inputNames: readonly string[]): Occupation {
  if (inputNames.includes('noisy')) return 'training';
  return inputNames.some((name) => name.startsWith('gate:')) ? 'scoring' : 'measuring';
}

async function harm({ folder, faults }: FaultPlan, occupation: Occupation, run: number): Promise<void> {
  for (const [index, fault] of faults.entries()) {
    const note = join(folder, `fault-${index}`);
    const done = existsSync(note) ? statSync(note).size : 0;
    if (fault.during !== occupation || fault.run !== run || done >= fault.times) continue;
    appendFileSync(note, '.');
    await commit(fault);
  }
}

async function commit({ does }: WorkerFault): Promise<void> {
  if (typeof does === 'object') throw new Error(does.say);
  if (does === 'exit') process.exit(3);
  if (does === 'fill') fillHeap();
  setImmediate(() => {
    throw new Error('a bug in the worker');
  });
  // The error ends the thread.
  await new Promise(() => undefined);
}

function fillHeap(): never {
  const kept: number[][] = [];
  for (;;) kept.push(Array.from({ length: 1000 }, Math.random));
}

/** The runtime's class as it is: its types hide what a session is made of. */
const runtime = InferenceSession as unknown as {
  create: (...given: unknown[]) => Promise<InferenceSession>;
  readonly prototype: { run: (this: InferenceSession, ...given: unknown[]) => Promise<unknown> };
};

function breakRuntime(plan: FaultPlan): void {
  const { create } = runtime;
  const { run } = runtime.prototype;
  const runs: Record<Occupation, number> = { training: 0, scoring: 0, measuring: 0 };
  runtime.create = async (...given) => {
    const session = await create.apply(runtime, given);
    await harm(plan, occupationOf(session.inputNames), 0);
    return session;
  };
  runtime.prototype.run = async function (...given) {
    const occupation = occupationOf(this.inputNames);
    runs[occupation] += 1;
    await harm(plan, occupation, runs[occupation]);
    return run.apply(this, given);
  };
}

const plan = process.env[planVariable];
if (!isMainThread && plan !== undefined) breakRuntime(JSON.parse(plan) as FaultPlan);
