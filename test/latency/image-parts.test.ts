import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/latency/clock.js';
import { measureImageCost, measureImageParts } from '../../src/latency/image-parts.js';
import type { LatencyJob } from '../../src/latency/latency-job.js';
import type { LatencyEntry } from '../../src/latency/latency-records.js';
import type { SessionHost } from '../../src/runtime/device-host.js';
import { loadPipeline } from '../../src/model/pipeline-folder.js';
import { DeviceHost } from '../../src/runtime/device-host.js';
import { parseDevice } from '../../src/runtime/device.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { webGpuAvailable } from '../support/webgpu.js';
import { protocol } from './simulated-machine.js';
import { smallKey, smallUNet } from './small-unet.js';

const models = loadPipeline(join(import.meta.dirname, '../golden/model/pipeline'));
const guided = { images: 1, steps: 20, guidanceScale: 3 };

/** Sessions take so many milliseconds, in the order they are opened. */
class TimedHost implements SessionHost {
  opened = 0;
  readonly #msOf: readonly number[];

  constructor(...msOf: readonly number[]) {
    this.#msOf = msOf;
  }

  createSession(): ReturnType<SessionHost['createSession']> {
    const ms = this.#msOf[this.opened++] ?? Number.NaN;
    const refuse = (): Promise<never> => Promise.reject(new Error('not timed'));
    return Promise.resolve({
      time: () => Promise.resolve(ms),
      release: () => Promise.resolve(),
      ...{ run: refuse, runEach: refuse, setResidents: refuse, getResidents: refuse },
    });
  }
}

const newStore = (): MemoryStore => new MemoryStore({ nowMs: () => 0, drawSuffix: () => 0 });

function jobOn(host: SessionHost, store = newStore(), changes: Partial<LatencyJob> = {}): LatencyJob {
  return {
    ...{ host, store, unet: smallUNet, key: smallKey, clock: systemClock, random: xoroshiro128plus(1) },
    settings: {
      endToEnd: protocol,
      alone: protocol,
      profiling: { forwards: 8, warmUps: 2, maxKernels: 60_000 },
      differences: { timeLimitMs: 1 },
      calibration: { architectures: 0, timeLimitMs: 1 },
    },
    scratchFolder: tmpdir(),
    ...changes,
  };
}

describe('measureImageCost', () => {
  it('measures text encoder and decoder, and stores each under what it is', async () => {
    const store = newStore();
    const cost = await measureImageCost(jobOn(new TimedHost(3, 50), store), models, guided);
    expect(cost).toMatchObject({
      ...{ steps: 20, textEncoderRuns: 2 },
      ...{ textEncoderMs: { value: 3 }, decoderMs: { value: 50 } },
    });
    const entries = store.readLatencyTable(smallKey);
    expect(entries.map(({ subject, method, samplesMs }) => [subject, method, samplesMs.length])).toEqual([
      [expect.stringMatching(/^decoder [0-9a-f]{16}, batch 1$/), 'isolated', 10],
      [expect.stringMatching(/^text encoder [0-9a-f]{16}, batch 1$/), 'isolated', 10],
    ]);
  });

  it('tells of both, measured just now or before, with their warnings', async () => {
    const store = newStore();
    const { settings } = jobOn(new TimedHost());
    const cold = { ...settings, endToEnd: { ...protocol, maxWarmUps: 1 } };
    const tellOf = async (host: TimedHost): Promise<readonly (readonly [string, readonly string[]])[]> => {
      const told: (readonly [string, readonly string[]])[] = [];
      await measureImageCost(jobOn(host, store, { settings: cold }), models, guided, (entry) => {
        told.push([entry.subject.replace(/ [0-9a-f]{16}/, ''), entry.flags]);
      });
      return told;
    };
    const both = [
      ['text encoder, batch 1', ['not-warmed-up']],
      ['decoder, batch 1', ['not-warmed-up']],
    ];
    expect(await tellOf(new TimedHost(3, 50))).toEqual(both);
    expect(await tellOf(new TimedHost())).toEqual(both);
  });

  it('runs the text encoder once without guidance', async () => {
    const unguided = { ...guided, guidanceScale: 1 };
    const cost = await measureImageCost(jobOn(new TimedHost(3, 50)), models, unguided);
    expect(cost.textEncoderRuns).toBe(1);
  });

  it('measures nothing twice, whatever the steps and guidance; but anew for other batches, extents and models', async () => {
    const store = newStore();
    const first = await measureImageCost(jobOn(new TimedHost(3, 50), store), models, guided);
    const idle = new TimedHost();
    const again = await measureImageCost(jobOn(idle, store), models, { ...guided, steps: 4 });
    expect([idle.opened, again]).toEqual([0, { ...first, steps: 4 }]);
    const openedBy = async (
      changed: { images?: number; models?: typeof models },
      key = smallKey,
    ): Promise<number> => {
      const host = new TimedHost(4, 60);
      const settings = { ...guided, images: changed.images ?? 1 };
      await measureImageCost(jobOn(host, store, { key }), changed.models ?? models, settings);
      return host.opened;
    };
    expect(await openedBy({ images: 2 })).toBe(2);
    expect(await openedBy({}, { ...smallKey, latentHeight: 16 })).toBe(2);
    const scaled = { ...models.vae, config: { ...models.vae.config, scalingFactor: 2 } };
    expect(await openedBy({ models: { ...models, vae: scaled } })).toBe(1);
  });

  it('goes on where it was interrupted', async () => {
    const store = newStore();
    const die = ({ subject }: LatencyEntry): void => {
      throw new Error(`killed after ${subject}`);
    };
    const dying = measureImageCost(jobOn(new TimedHost(3, 50), store, { onEntry: die }), models, guided);
    await expect(dying).rejects.toThrow('killed');
    const host = new TimedHost(7);
    const cost = await measureImageCost(jobOn(host, store), models, guided);
    expect(host.opened).toBe(1);
    const both = [cost.textEncoderMs.value, cost.decoderMs.value].toSorted((one, other) => one - other);
    expect([
      [3, 7],
      [7, 50],
    ]).toContainEqual(both);
  });
});

describe('measureImageParts', () => {
  const small = { ...models, vae: { ...models.vae, config: { ...models.vae.config, scalingFactor: 2 } } };

  it('measures models of several pipelines, and once what they share', async () => {
    const host = new TimedHost(3, 50, 20);
    const [before, again, after] = await measureImageParts(jobOn(host), [models, models, small], 1);
    expect(host.opened).toBe(3);
    expect([before, after].map((parts) => parts?.decoder.medianMs.value)).toEqual([50, 20]);
    expect(again).toEqual(before);
    expect(after?.textEncoder).toEqual(before?.textEncoder);
  });

  it('measures only what is not stored', async () => {
    const store = newStore();
    await measureImageParts(jobOn(new TimedHost(3, 50), store), [models], 1);
    const host = new TimedHost(20);
    const [, after] = await measureImageParts(jobOn(host, store), [models, small], 1);
    expect([host.opened, after?.textEncoder.medianMs.value, after?.decoder.medianMs.value]).toEqual([
      1, 3, 20,
    ]);
  });
});

describe('measureImageCost on a device', () => {
  it.each(['cpu', ...(webGpuAvailable() ? ['webgpu'] : [])])('runs the models on %s', async (device) => {
    const host = new DeviceHost(parseDevice(device, 1));
    try {
      const quick = { ...protocol, minSamples: 6, timeLimitMs: 300 };
      const { settings } = jobOn(host);
      const job = jobOn(host, newStore(), { settings: { ...settings, endToEnd: quick } });
      const { textEncoderMs, decoderMs } = await measureImageCost(job, models, { ...guided, images: 2 });
      expect(textEncoderMs.value).toBeGreaterThan(0);
      expect(decoderMs.value).toBeGreaterThan(0);
    } finally {
      await host.close();
    }
  });
});
