import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from 'vitest';
import { detailsOf, SnapEvoError } from '../../src/errors/snapevo-error.js';
import { parseDevice } from '../../src/runtime/device.js';
import { DeviceHost, type TaskTiming } from '../../src/runtime/device-host.js';
import { float32Tensor, type Tensor } from '../../src/runtime/tensor.js';
import { doubling } from './doubling.js';

const hosts: DeviceHost[] = [];
function open(): DeviceHost {
  const host = new DeviceHost(parseDevice('cpu', 1));
  hosts.push(host);
  return host;
}
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.close();
});

const scalar = (value: number): Tensor => float32Tensor([1], Float32Array.of(value));

/** The error a promise ends with. */
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a device host', () => {
  it('runs models in its worker, several sessions side by side', async () => {
    const host = open();
    const [one, other] = [doubling(3), doubling(5)];
    const sessions = [await host.createSession(one.model), await host.createSession(other.model)];
    const [first, second] = await Promise.all(sessions.map((session) => session.run({ x: scalar(1) })));
    expect(first?.[one.output]).toEqual(scalar(8));
    expect(second?.[other.output]).toEqual(scalar(32));
  });

  it('runs one model with several feeds by one message', async () => {
    const { model, output } = doubling(3);
    const told: unknown[] = [];
    const session = await open().createSession(model);
    const listen = (timing: unknown): void => {
      told.push(timing);
    };
    subscribe('snapevo:device-task', listen);
    const outputs = await session.runEach([1, 2, 5].map((value) => ({ x: scalar(value) })));
    unsubscribe('snapevo:device-task', listen);
    expect(outputs).toEqual([8, 16, 40].map((value) => ({ [output]: scalar(value) })));
    expect(told).toHaveLength(1);
  });

  it('fails as a whole where one of several feeds is unfit, and goes on', async () => {
    const { model, output } = doubling(3);
    const session = await open().createSession(model);
    const unfit = float32Tensor([2], Float32Array.of(1, 2));
    const feeds = [{ x: scalar(1) }, { x: unfit }, { x: scalar(5) }];
    expect(await failureOf(session.runEach(feeds))).toMatchObject({ code: 'RUN_FAILED' });
    expect(await session.run({ x: scalar(1) })).toEqual({ [output]: scalar(8) });
  });

  it('does what it is asked at once one by one, in order', async () => {
    const [long, short] = [doubling(100_000), doubling(3)];
    const host = open();
    const ended: number[] = [];
    const slow = await host.createSession(long.model);
    const fast = await host.createSession(short.model);
    const timings: TaskTiming[] = [];
    const listen = (timing: unknown): void => {
      timings.push(timing as TaskTiming);
    };
    subscribe('snapevo:device-task', listen);
    const started = performance.now();
    const asked = [
      ...[slow, fast, slow, fast, fast, slow, fast, fast].map(async (session, i) => {
        await session.run({ x: scalar(0) });
        ended.push(i);
      }),
      fast.release(),
    ];
    await Promise.all(asked);
    const elapsedMs = performance.now() - started;
    unsubscribe('snapevo:device-task', listen);
    expect(ended).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(timings.map(({ kind }) => kind)).toEqual([...ended.map(() => 'run'), 'release']);
    expect(timings.reduce((sum, { ms }) => sum + ms, 0)).toBeLessThanOrEqual(elapsedMs);
  });

  it('tells of its tasks to whoever listens', async () => {
    const { model } = doubling(3);
    const told: unknown[] = [];
    const listen = (timing: unknown): void => {
      told.push(timing);
    };
    subscribe('snapevo:device-task', listen);
    const session = await open().createSession(model);
    await session.run({ x: scalar(1) });
    unsubscribe('snapevo:device-task', listen);
    await session.run({ x: scalar(1) });
    const ms = expect.any(Number) as number;
    expect(told).toEqual([
      { kind: 'create', ms },
      { kind: 'run', ms },
    ]);
  });

  it('leaves the calling thread free while it runs', async () => {
    const { model } = doubling(200_000);
    const session = await open().createSession(model);
    let [ticks, running] = [0, true];
    const ended = session.run({ x: scalar(0) }).then(() => {
      running = false;
    });
    while (running && ticks < 3) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      ticks += 1;
    }
    expect(running).toBe(true);
    expect(ticks).toBe(3);
    await ended;
  });

  it('keeps residents in the worker between runs', async () => {
    const { model, output } = doubling(1);
    const session = await open().createSession(model, { residents: { [output]: 'x' } });
    await session.setResidents({ x: scalar(3) });
    for (let i = 0; i < 4; i++) expect(await session.run({})).toEqual({});
    expect(await session.getResidents(['x'])).toEqual({ x: scalar(48) });
  });

  it('takes residents over and gives copies of them out without copying them on the way', async () => {
    const { model, output } = doubling(1);
    const session = await open().createSession(model, { residents: { [output]: 'x' } });
    const start = scalar(3);
    await session.setResidents({ x: start });
    expect(start.data.byteLength).toBe(0);
    const [first, second] = [await session.getResidents(['x']), await session.getResidents(['x'])];
    expect([first, second]).toEqual([{ x: scalar(3) }, { x: scalar(3) }]);
    const whole = Float32Array.of(1, 5, 2);
    await session.setResidents({ x: float32Tensor([1], whole.subarray(1, 2)) });
    expect(whole).toEqual(Float32Array.of(1, 5, 2));
    expect(await session.getResidents(['x'])).toEqual({ x: scalar(5) });
  });

  it('takes the bytes of a model over', async () => {
    const { model, output } = doubling(1);
    const own = Uint8Array.from(model);
    const session = await open().createSession(own);
    expect(own.byteLength).toBe(0);
    expect(await session.run({ x: scalar(3) })).toEqual({ [output]: scalar(6) });
  });

  it('times runs, on the feeds of the last time where there are none', async () => {
    const session = await open().createSession(doubling(10).model);
    expect(await session.time({ x: scalar(1) })).toBeGreaterThan(0);
    expect(await session.time()).toBeGreaterThan(0);
  });

  it('does what it was asked before it closes, and nothing after', async () => {
    const host = open();
    const { model, output } = doubling(1000);
    const session = await host.createSession(model);
    const asked = session.run({ x: scalar(0) });
    await host.close();
    expect((await asked)[output]).toEqual(scalar(0));
    await expect(session.run({ x: scalar(0) })).rejects.toThrow();
  });
});

describe("a worker's errors", () => {
  it('keep class, code, place, hint and cause on their way', async () => {
    const error = await failureOf(open().createSession(Uint8Array.of(1, 2, 3)));
    expect(error).toBeInstanceOf(SnapEvoError);
    expect(error).toMatchObject({
      name: 'SnapEvoError',
      code: 'SESSION_FAILED',
      where: 'device cpu',
      hint: 'check that the device is there and that its memory holds the model',
      fault: 'user',
      cause: { message: expect.stringMatching(/protobuf/i) as string },
    });
  });

  it('leave the worker as it was', async () => {
    const host = open();
    const { model, output } = doubling(2);
    const session = await host.createSession(model);
    expect(await failureOf(session.run({}))).toMatchObject({ code: 'RUN_FAILED' });
    expect(await failureOf(session.getResidents(['x']))).toMatchObject({
      code: 'RESIDENT_UNKNOWN',
      fault: 'internal',
    });
    expect((await session.run({ x: scalar(1) }))[output]).toEqual(scalar(4));
  });

  it('name a session that was released', async () => {
    const session = await open().createSession(doubling(1).model);
    await session.release();
    expect(await failureOf(session.run({ x: scalar(1) }))).toMatchObject({
      code: 'SESSION_UNKNOWN',
      fault: 'internal',
    });
  });
});

describe('the parts of an error', () => {
  it.each([
    { code: 'A', message: 'b' },
    { code: 'A', message: 'b', where: 'c', hint: 'd', fault: 'internal', cause: new Error('e') },
  ] as const)('make an equal one', (details) => {
    const error = new SnapEvoError(details);
    const again = new SnapEvoError(detailsOf(error));
    const parts = ({ code, message, where, hint, fault, cause }: SnapEvoError): unknown[] => [
      ...[code, message, where, hint, fault, cause],
    ];
    expect(parts(again)).toEqual(parts(error));
    expect(detailsOf(again)).toEqual({ fault: 'user', ...details });
  });
});
