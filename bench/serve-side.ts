import { createInterface } from 'node:readline';
import { peakMemoryMb, resetPeakMemory } from './peak-memory.js';
import { runtimeVersion } from '../src/runtime/runtime-version.js';

/** What a process of ours does when {@link serveSide} is told to. */
export interface ServedSide<Settings> {
  /** Makes what is to be run, in place of what there was. */
  readonly prepare: (settings: Settings) => Promise<void>;
  /** Before each unit of steps, untimed. */
  readonly ready?: () => Promise<void>;
  /** Does so many steps. This alone is timed. */
  readonly take: (count: number) => Promise<unknown>;
  /** What came of the steps taken last. */
  readonly results: () => readonly number[];
  /** Of the process, beside what all of them tell. */
  readonly facts?: () => Promise<object>;
}

type Request<Settings> =
  | { readonly do: 'prepare'; readonly settings: Settings }
  | { readonly do: 'steps'; readonly count: number }
  | { readonly do: 'facts' };

/** Answers the requests of `side.ts`, a line of JSON each, until there are no more. */
export async function serveSide<Settings>(side: ServedSide<Settings>): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const reply = await answer(side, JSON.parse(line) as Request<Settings>).catch((error: unknown) => ({
      error: error instanceof Error ? error.message : String(error),
    }));
    console.log(JSON.stringify(reply));
  }
}

async function answer<Settings>(side: ServedSide<Settings>, request: Request<Settings>): Promise<object> {
  switch (request.do) {
    case 'prepare':
      await side.prepare(request.settings);
      resetPeakMemory();
      return {};
    case 'steps':
      return takeSteps(side, request.count);
    case 'facts':
      return {
        versions: { node: process.version, onnxruntime: runtimeVersion() },
        peakMemoryMb: peakMemoryMb(),
        ...(await side.facts?.()),
      };
  }
}

async function takeSteps<Settings>(side: ServedSide<Settings>, count: number): Promise<object> {
  await side.ready?.();
  const cpu = process.cpuUsage();
  const started = performance.now();
  await side.take(count);
  const ms = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  return { ms, cpuMs: (user + system) / 1e3, results: side.results() };
}
