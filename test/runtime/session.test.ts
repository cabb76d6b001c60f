import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { SnapEvoError } from '../../src/errors/snapevo-error.js';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import * as op from '../../src/graph/ops.js';
import { serializeModel } from '../../src/onnx/serialize-model.js';
import { parseDevice } from '../../src/runtime/device.js';
import { forTiming } from '../../src/runtime/device-host.js';
import { Session } from '../../src/runtime/session.js';
import { sessionOptions, type SessionSettings } from '../../src/runtime/session-options.js';
import { float32Tensor, type Tensor } from '../../src/runtime/tensor.js';

const cpu = parseDevice('cpu', 1);
const opened: Session[] = [];
afterEach(async () => {
  for (const session of opened.splice(0)) await session.release();
});

async function open(model: Uint8Array, settings?: SessionSettings): Promise<Session> {
  const session = await Session.create(model, cpu, settings);
  opened.push(session);
  return session;
}

const vector = (...elements: number[]): Tensor =>
  float32Tensor([elements.length], Float32Array.from(elements));
const elementsOf = (tensor: Tensor | undefined): number[] => Array.from(tensor?.data ?? [], Number);

/** total' = total + x; also gives twice the total, so that there is an output that is no resident. */
function counter(): { model: Uint8Array; total: string; twice: string } {
  const g = new GraphBuilder();
  const x = g.input('x', { dtype: 'float32', shape: [2] });
  const total = g.input('total', { dtype: 'float32', shape: [2] });
  const next = op.add(g, total, x);
  const twice = op.mul(g, next, 2);
  return { model: serializeModel(g.build('counter', [next, twice])), total: next.name, twice: twice.name };
}

describe('a session', () => {
  it('gives all outputs, or those named', async () => {
    const { model, total, twice } = counter();
    const session = await open(model);
    const feeds = { x: vector(1, 2), total: vector(10, 20) };
    const all = await session.run(feeds);
    expect(Object.keys(all).sort()).toEqual([total, twice].sort());
    expect(elementsOf(all[total])).toEqual([11, 22]);
    const some = await session.run(feeds, [twice]);
    expect(Object.keys(some)).toEqual([twice]);
    expect(elementsOf(some[twice])).toEqual([22, 44]);
  });

  it('runs a model whose shapes hold no elements', async () => {
    const g = new GraphBuilder();
    const empty = op.slice(g, g.input('x', { dtype: 'float32', shape: [2] }), 0, 1, 1);
    const session = await open(serializeModel(g.build('empty', [empty])));
    const { [empty.name]: found } = await session.run({ x: vector(1, 2) });
    expect(found).toEqual(vector());
  });

  it("says in the runtime's words that it can't load a model, and where", async () => {
    const garbage = Session.create(Uint8Array.of(1, 2, 3, 4), cpu);
    await expect(garbage).rejects.toBeInstanceOf(SnapEvoError);
    await expect(garbage).rejects.toMatchObject({
      code: 'SESSION_FAILED',
      where: 'device cpu',
      fault: 'user',
    });
    await expect(garbage).rejects.toThrow(/protobuf/i);
    const missing = Session.create(join(tmpdir(), 'snapevo', 'no-such-model.onnx'), cpu);
    await expect(missing).rejects.toMatchObject({ code: 'SESSION_FAILED' });
    await expect(missing).rejects.toThrow('no-such-model.onnx');
  });

  it('says that it has no such device', async () => {
    const { model } = counter();
    await expect(Session.create(model, parseDevice('abacus'))).rejects.toMatchObject({
      code: 'SESSION_FAILED',
      where: 'device abacus',
    });
  });

  it("says in the runtime's words that it can't run", async () => {
    const session = await open(counter().model);
    const run = session.run({ x: vector(1, 2, 3), total: vector(1, 2) });
    await expect(run).rejects.toMatchObject({
      name: 'SnapEvoError',
      code: 'RUN_FAILED',
      where: 'device cpu',
    });
    await expect(run).rejects.toThrow(/dimension/i);
  });

  it('writes a profile when it ends, if asked to, with the names of the nodes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'snapevo-'));
    try {
      const g = new GraphBuilder();
      const x = g.input('x', { dtype: 'float32', shape: [2] });
      const y = g.scope('mid_block.resnets.0', () => op.sin(g, x));
      const model = serializeModel(g.build('profiled', [y]));
      const session = await Session.create(model, cpu, { profilePrefix: join(folder, 'profile') });
      await session.run({ x: vector(1, 2) });
      await session.release();
      const [file = ''] = readdirSync(folder);
      expect(readFileSync(join(folder, file), 'utf8')).toContain('mid_block.resnets.0|Sin.0_kernel_time');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('residents', () => {
  it('carry their state from run to run, and are no outputs', async () => {
    const { model, total, twice } = counter();
    const session = await open(model, { residents: { [total]: 'total' } });
    session.setResidents({ total: vector(100, 200) });
    const given: number[][] = [];
    for (const x of [1, 2, 3]) {
      const outputs = await session.run({ x: vector(x, -x) });
      expect(Object.keys(outputs)).toEqual([twice]);
      given.push(elementsOf(outputs[twice]));
    }
    expect(given).toEqual([
      [202, 398],
      [206, 394],
      [212, 388],
    ]);
    expect(session.getResidents(['total'])).toEqual({ total: vector(106, 194) });
  });

  it('are taken over and given out as copies: no later run touches these', async () => {
    const { model, total } = counter();
    const session = await open(model, { residents: { [total]: 'total' } });
    const start = vector(1, 1);
    session.setResidents({ total: start });
    await session.run({ x: vector(1, 1) });
    const after = session.getResidents(['total']);
    await session.run({ x: vector(1, 1) });
    await session.run({ x: vector(1, 1) });
    expect(elementsOf(start)).not.toEqual([1, 1]);
    expect(elementsOf(after['total'])).toEqual([2, 2]);
    session.setResidents({ total: vector(1, 1) });
    await session.run({ x: vector(1, 1) });
    expect(elementsOf(session.getResidents(['total'])['total'])).toEqual([2, 2]);
  });

  it('stay as they were when a run fails', async () => {
    const { model, total } = counter();
    const session = await open(model, { residents: { [total]: 'total' } });
    session.setResidents({ total: vector(1, 1) });
    await expect(session.run({ x: vector(1, 2, 3) })).rejects.toMatchObject({ code: 'RUN_FAILED' });
    expect(elementsOf(session.getResidents(['total'])['total'])).toEqual([1, 1]);
  });

  it('are known by name', async () => {
    const { model, total } = counter();
    const session = await open(model, { residents: { [total]: 'total' } });
    expect(() => {
      session.setResidents({ x: vector(1, 1) });
    }).toThrow(expect.objectContaining({ code: 'RESIDENT_UNKNOWN' }));
    expect(() => session.getResidents(['total'])).toThrow('total is no resident of this session');
  });
});

describe('session options', () => {
  it('leave what is not set to the runtime, and let threads wait awake for a moment', () => {
    const options = sessionOptions(parseDevice('cpu'), {});
    expect(options).not.toHaveProperty('intraOpNumThreads');
    expect(options).not.toHaveProperty('enableProfiling');
    expect(options).toMatchObject({
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'all',
      extra: { session: { intra_op: { allow_spinning: '1', spin_duration_us: '50' } } },
    });
  });

  it('let no thread wait awake where runs are timed', async () => {
    const made: unknown[] = [];
    const host = {
      createSession: (_: unknown, settings?: SessionSettings) => {
        made.push(sessionOptions(parseDevice('cpu'), settings ?? {}).extra?.['session']);
        return Promise.reject(new Error('none is made'));
      },
    };
    await expect(forTiming(host).createSession('model.onnx', { prepacking: false })).rejects.toThrow('none');
    expect(made).toEqual([
      expect.objectContaining({ intra_op: { allow_spinning: '0' }, disable_prepacking: '1' }),
    ]);
  });

  it('leave weights that lie in a file where they are', () => {
    expect(sessionOptions(parseDevice('cpu'), { folder: '/models' })).toMatchObject({
      graphOptimizationLevel: 'extended',
      extra: { session: { disable_prepacking: '1' } },
    });
  });

  it('name the provider, its device, threads, folder and profile', () => {
    const settings = { optimization: 'disabled', profilePrefix: '/tmp/p', folder: '/models' } as const;
    expect(sessionOptions(parseDevice('cuda:1', 3), settings)).toMatchObject({
      executionProviders: [{ name: 'cuda', deviceId: 1 }],
      graphOptimizationLevel: 'disabled',
      intraOpNumThreads: 3,
      enableProfiling: true,
      profileFilePrefix: '/tmp/p',
      extra: { session: { model_external_initializers_file_folder_path: '/models' } },
    });
  });
});
