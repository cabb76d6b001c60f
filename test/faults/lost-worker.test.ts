import type { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { outliveWorkers } from '../../src/cli/compose/outlive-workers.js';
import { SnapEvoError } from '../../src/errors/snapevo-error.js';
import { parseDevice } from '../../src/runtime/device.js';
import { DeviceHost, type RemoteSession } from '../../src/runtime/device-host.js';
import { float32Tensor, type Tensors } from '../../src/runtime/tensor.js';
import { doubling } from '../runtime/doubling.js';

const device = parseDevice('cpu', 1);
const feeds: Tensors = { x: float32Tensor([1], Float32Array.of(1)) };
const lost = { code: 'DEVICE_WORKER_LOST', where: 'device cpu', fault: 'internal' };

describe('a device host whose worker is lost', () => {
  let workers: Worker[];
  let host: DeviceHost;
  const keep = (worker: Worker): void => {
    workers.push(worker);
  };
  const theWorker = (): Worker => workers[0] as Worker;

  beforeAll(() => process.on('worker', keep));
  afterAll(() => process.off('worker', keep));
  beforeEach(() => {
    workers = [];
    host = new DeviceHost(device);
  });
  afterEach(() => host.close());

  async function expectLoss(session: RemoteSession, message: string): Promise<void> {
    await expect(session.run(feeds)).rejects.toMatchObject({ ...lost, message: expectText(message) });
    await expect(session.release()).rejects.toMatchObject(lost);
    await expect(host.createSession(doubling(1).model)).rejects.toMatchObject(lost);
  }

  it('in the midst of a run says so, then and ever after', async () => {
    const session = await host.createSession(doubling(50_000).model);
    const running = session.run(feeds);
    void theWorker().terminate();
    await expect(running).rejects.toMatchObject({ ...lost, message: expectText('exited with code: 1') });
    await expectLoss(session, 'exited with code: 1');
  });

  it('says so of all that was asked, what still waited too', async () => {
    const session = await host.createSession(doubling(50_000).model);
    const asked = Array.from({ length: 6 }, () => session.run(feeds));
    void theWorker().terminate();
    for (const outcome of await Promise.allSettled(asked)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: lost });
    }
    await expect(host.createSession(doubling(1).model)).rejects.toMatchObject(lost);
  });

  it('with nothing to do says so when it is asked for something', async () => {
    const session = await host.createSession(doubling(1).model);
    await theWorker().terminate();
    await expectLoss(session, 'without a word');
  });

  it('says nothing of what an earlier task failed by', async () => {
    const session = await host.createSession(doubling(1).model);
    const unsendable = { x: Symbol('out of memory') } as unknown as Tensors;
    await expect(session.run(unsendable)).rejects.toThrow('could not be cloned');
    await theWorker().terminate();
    await expectLoss(session, 'without a word');
  });

  it('by an error that nobody waits for keeps what it said', async () => {
    const session = await host.createSession(doubling(1).model);
    const exited = new Promise((resolve) => theWorker().once('exit', resolve));
    theWorker().emit('error', new Error('a bug in the worker'));
    await exited;
    await expectLoss(session, 'a bug in the worker');
  });
});

describe('work that loses its workers', () => {
  const loss = (): SnapEvoError => new SnapEvoError({ code: 'DEVICE_WORKER_LOST', message: 'lost' });

  /** Tries work: a letter a try, l for a loss, s for one after something was stored, a dot for the end; then the last error. */
  async function outlive(tries: string, last: Error = loss()): Promise<{ tries: number; told: number }> {
    let [tried, stored, told] = [0, 0, 0];
    const work = async (): Promise<void> => {
      const letter = tries[tried++];
      if (letter === 's') stored += 1;
      if (letter !== '.') await Promise.reject(letter === undefined ? last : loss());
    };
    const observer = { standing: () => String(stored), onLoss: () => void (told += 1) };
    await outliveWorkers(work, observer);
    return { tries: tried, told };
  }

  it('is done again', async () => {
    expect(await outlive('.')).toEqual({ tries: 1, told: 0 });
    expect(await outlive('ll.')).toEqual({ tries: 3, told: 2 });
  });

  it('goes on as long as something is stored in between', async () => {
    expect(await outlive('llslsls.')).toEqual({ tries: 8, told: 7 });
  });

  it('is given up after the third in a row', async () => {
    await expect(outlive('lll.')).rejects.toThrow('lost');
    await expect(outlive('llsll.')).rejects.toThrow('lost');
  });

  it('is not done again after any other error', async () => {
    await expect(outlive('l', new Error('no room'))).rejects.toThrow('no room');
  });
});

const expectText = (text: string): string => expect.stringContaining(text) as string;
