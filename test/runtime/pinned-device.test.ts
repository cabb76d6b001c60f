import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { describe, expect, test, vi } from 'vitest';
import { referenceGraph } from '../../src/latency/reference-graph.js';
import { serializeModel } from '../../src/onnx/serialize-model.js';
import { parseDevice } from '../../src/runtime/device.js';
import { pinnedDevice } from '../../src/runtime/pinned-device.js';
import { Session } from '../../src/runtime/session.js';
import { sessionOptions } from '../../src/runtime/session-options.js';

const status = (list: string): string =>
  `Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${list}\nMems:\t1\n`;

describe('a pinned device', () => {
  test.each([
    { list: '0-3', threads: 3, processors: [1, 2] },
    { list: '0-1,6,8-9', threads: 5, processors: [1, 6, 8, 9] },
    { list: '4', threads: 2, processors: [4] },
    { list: '0-1', threads: 4, processors: [1, 0, 1] },
    { list: '0-7', threads: 1, processors: [] },
  ])('of $threads threads on processors $list', ({ list, threads, processors }) => {
    expect(pinnedDevice(parseDevice('cpu', threads), status(list)).processors).toEqual(processors);
  });

  test('leaves alone what the runtime pins itself, and what has no threads to pin', () => {
    for (const device of [parseDevice('cpu'), parseDevice('webgpu', 2)]) {
      expect(pinnedDevice(device, status('0-3'))).toEqual(device);
    }
  });

  test('is not to be had where the system says nothing of processors', () => {
    expect(() => pinnedDevice(parseDevice('cpu', 2), '')).toThrow(
      expect.objectContaining({ code: 'DEVICE_UNPINNABLE' }),
    );
  });

  test('tells the runtime, which counts processors from 1', () => {
    const device = pinnedDevice(parseDevice('cpu', 3), status('2-4'));
    expect(sessionOptions(device, {})).toMatchObject({
      intraOpNumThreads: 3,
      extra: { session: { intra_op_thread_affinities: '4;5' } },
    });
    const free = sessionOptions(parseDevice('cpu', 3), {});
    expect(free.extra).not.toHaveProperty('session.intra_op_thread_affinities');
    const single = sessionOptions(pinnedDevice(parseDevice('cpu', 1), status('2-4')), {});
    expect(single.extra).not.toHaveProperty('session.intra_op_thread_affinities');
  });

  test.runIf(process.platform === 'linux' && availableParallelism() > 1)('has such threads', async () => {
    const device = pinnedDevice(parseDevice('cpu', 2));
    const pinned = `Cpus_allowed_list:\t${device.processors?.[0] ?? ''}\n`;
    const countPinned = (): number =>
      readdirSync('/proc/self/task').filter((task) => statusOf(task).includes(pinned)).length;
    const before = countPinned();
    const session = await Session.create(serializeModel(referenceGraph().graph), device);
    await vi.waitFor(() => {
      expect(countPinned()).toBe(before + 1);
    });
    await session.release();
  });
});

/** Empty of a thread that has ended meanwhile. */
function statusOf(task: string): string {
  try {
    return readFileSync(`/proc/self/task/${task}/status`, 'utf8');
  } catch {
    return '';
  }
}
