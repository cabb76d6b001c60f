import { describe, expect, it } from 'vitest';
import { namedDevices } from '../../src/cli/compose/describe-device.js';
import { onEachDevice } from '../../src/cli/compose/measure-devices.js';
import type { Device } from '../../src/runtime/device.js';
import { parseDevice } from '../../src/runtime/device.js';

const devices = ['cpu', 'cuda:0', 'webgpu', 'cuda:1'].map((name) => parseDevice(name));
const { signal } = new AbortController();

/** Work that tells when it begins and ends, and takes a few turns of the event loop. */
function tellingWork(fails: readonly string[] = []): {
  readonly log: string[];
  readonly work: (device: Device) => Promise<string>;
} {
  const log: string[] = [];
  const work = async ({ name }: Device): Promise<string> => {
    log.push(`${name} begins`);
    for (let turn = 0; turn < 3; turn += 1) await Promise.resolve();
    log.push(`${name} ends`);
    if (fails.includes(name)) throw new Error(`${name} is broken`);
    return `table of ${name}`;
  };
  return { log, work };
}

describe('the devices of a command line', () => {
  it('are the CPU with each number of threads, and others once', () => {
    const found = namedDevices(['cpu', 'webgpu', 'cpu'], [1, 2, 1]);
    expect(found.map(({ name, threads }) => [name, threads])).toEqual([
      ['cpu', 1],
      ['cpu', 2],
      ['webgpu', 1],
    ]);
    expect(namedDevices(['cpu'], [])).toEqual([parseDevice('cpu')]);
  });
});

describe('work on each device', () => {
  it('is done on one after the other', async () => {
    const { log, work } = tellingWork();
    const outcomes = await onEachDevice(devices, { parallel: false, signal }, work);
    expect(log).toEqual(devices.flatMap(({ name }) => [`${name} begins`, `${name} ends`]));
    expect(outcomes).toEqual(devices.map((device) => ({ device, result: `table of ${device.name}` })));
  });

  it('is done at once where asked to, but never beside a device that may be the same hardware', async () => {
    const { log, work } = tellingWork();
    const outcomes = await onEachDevice(devices, { parallel: true, signal }, work);
    expect(log.slice(0, 3)).toEqual(['cpu begins', 'cuda:0 begins', 'cuda:1 begins']);
    expect(log.slice(-2)).toEqual(['webgpu begins', 'webgpu ends']);
    expect(outcomes.map(({ device }) => device)).toEqual(devices);
  });

  it.each([false, true])('is not lost on others where one fails; in parallel: %s', async (parallel) => {
    const outcomes = await onEachDevice(devices, { parallel, signal }, tellingWork(['cuda:0']).work);
    expect(outcomes.map((outcome) => ('error' in outcome ? outcome.error : outcome.result))).toEqual([
      'table of cpu',
      new Error('cuda:0 is broken'),
      'table of webgpu',
      'table of cuda:1',
    ]);
  });

  it('ends when it is interrupted', async () => {
    const interruption = new AbortController();
    const { log, work } = tellingWork();
    const interrupting = (device: Device): Promise<string> => {
      interruption.abort(new Error('enough'));
      return work(device);
    };
    const { signal: aborted } = interruption;
    await expect(onEachDevice(devices, { parallel: false, signal: aborted }, interrupting)).rejects.toThrow(
      'enough',
    );
    expect(log).toEqual(['cpu begins', 'cpu ends']);
  });
});
