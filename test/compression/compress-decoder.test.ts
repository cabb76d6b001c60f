import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  compressDecoder,
  type CompressedDecoder,
  type DecoderParts,
  type DecoderStage,
} from '../../src/compression/compress-decoder.js';
import type { DecoderPlan } from '../../src/compression/decoder-plan.js';
import { studyChannels } from '../../src/compression/study-channels.js';
import { decoderSection } from '../../src/config/decoder-section.js';
import { gaussianNoise } from '../../src/diffusion/gaussian.js';
import { systemClock } from '../../src/latency/clock.js';
import { loadModel, writeModel } from '../../src/model/model-folder.js';
import { vaeKind } from '../../src/model/model-kind.js';
import { parameterCount } from '../../src/model/parameter-count.js';
import { loadPipeline } from '../../src/model/pipeline-folder.js';
import { vaeDecoderParameters } from '../../src/model/vae.js';
import { DeviceHost } from '../../src/runtime/device-host.js';
import { parseDevice } from '../../src/runtime/device.js';
import type { StepReport } from '../../src/training/training-session.js';
import { protocol } from '../latency/simulated-machine.js';
import { goldenFolder } from '../model/golden-folder.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const vae = loadModel(vaeKind, goldenFolder('../decoder/teacher'));
const { architecture } = loadPipeline(goldenFolder('pipeline'));
const plan: DecoderPlan = {
  ...decoderSection.parse({
    steps: 8,
    stepsPerRun: 2,
    checkpointEverySteps: 4,
    warmUpSteps: 1,
    learningRate: 5e-3,
    averageDecay: 0.5,
    batch: 2,
    latents: 4,
    heldOutLatents: 3,
    latentBatch: 2,
  }),
  seed: 6,
};

let host: DeviceHost;
beforeAll(() => {
  host = new DeviceHost(parseDevice('cpu', 1));
});
afterAll(() => host.close());

/** A compression in a folder of its own, which remembers what it was told. */
function compressionIn(folder: string) {
  const reports = new Map<string, StepReport>();
  const checkpoints: string[] = [];
  const parts: DecoderParts = {
    vae,
    unet: { architecture, weights: 'pretrained' },
    captions: { training: ['a'], heldOut: ['b'] },
    openGenerator: () =>
      Promise.resolve({
        latentShape: [4, 3, 5] as const,
        generateLatents: (_, requests) =>
          Promise.resolve(requests.map(({ noise }) => gaussianNoise(noise, 4 * 3 * 5))),
        release: () => Promise.resolve(),
      }),
    measuring: {
      settings: { ...protocol, maxSamples: 12, timeLimitMs: 500 },
      clock: systemClock,
      random: xoroshiro128plus(1),
    },
    estimateMean: (values) => {
      const value = values.reduce((sum, each) => sum + each, 0) / values.length;
      return { value, low: Math.min(...values), high: Math.max(...values) };
    },
  };
  return {
    reports,
    checkpoints,
    /** Goes on until so many steps of a stage are done, or to the end. */
    run: (
      stop?: { readonly stage: DecoderStage; readonly step: number },
      changes: Partial<DecoderPlan> = {},
      at?: (control: AbortController) => Partial<DecoderParts>,
    ) => {
      const control = new AbortController();
      const observer = {
        signal: control.signal,
        onSteps: (stage: DecoderStage, firstStep: number, found: readonly StepReport[]): void => {
          found.forEach((report, i) => reports.set(`${stage} ${firstStep + i}`, report));
          if (stage === stop?.stage && firstStep + found.length > stop.step) control.abort();
        },
        onCheckpoint: (stage: DecoderStage, step: number): void => {
          checkpoints.push(`${stage} ${step}`);
        },
      };
      const given = { ...parts, ...at?.(control) };
      return compressDecoder({ host, workFolder: folder, observer }, given, { ...plan, ...changes });
    },
  };
}

const filesIn = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .toSorted()
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex'),
      ]),
  );

describe('the compression of a decoder', () => {
  const folder = temporaryFolder();
  const whole = compressionIn(folder);
  let compressed: CompressedDecoder;
  beforeAll(async () => {
    const done = await whole.run();
    if (done === undefined) throw new Error('it was stopped');
    compressed = done;
  });

  it('gives a VAE with its own encoder and a decoder of half the width, which a folder holds', () => {
    const { config, weights } = compressed.vae;
    expect(config.decoder).toEqual({ blockOutChannels: [4, 8, 8], layersPerBlock: 1 });
    const written = temporaryFolder();
    writeModel(vaeKind, written, compressed.vae);
    const again = loadModel(vaeKind, written);
    expect(again.config).toEqual(config);
    for (const [name, data] of weights) expect(again.weights.get(name), name).toEqual(data);
    for (const [name, data] of vae.weights) {
      if (/^(encoder|quant_conv)\./.test(name)) expect(weights.get(name), name).toEqual(data);
    }
  });

  it('reports what both are like', () => {
    const { original, small, latencyRatio, psnrDb } = compressed.report;
    expect(original.parameters).toBe(parameterCount(vaeDecoderParameters(vae.config)));
    expect(small.parameters).toBe(parameterCount(vaeDecoderParameters(compressed.vae.config)));
    expect(small.macs).toBeLessThan(original.macs / 3);
    for (const { low, value, high } of [original.latencyMs, small.latencyMs, latencyRatio]) {
      expect(low).toBeGreaterThan(0);
      expect(low).toBeLessThanOrEqual(value);
      expect(value).toBeLessThanOrEqual(high);
    }
    expect(psnrDb.distilled.value).toBeGreaterThan(psnrDb.pruned.value);
    const { low, value, high } = psnrDb.fromScratch ?? { low: 0, value: 0, high: 0 };
    expect(low).toBeLessThanOrEqual(value);
    expect(value).toBeLessThanOrEqual(high);
  });

  it('interrupted in either training and resumed gives the same bits as one that was not', async () => {
    const own = temporaryFolder();
    const stopped = compressionIn(own);
    expect(await stopped.run({ stage: 'decoder', step: 2 })).toBeUndefined();
    expect(await stopped.run({ stage: 'decoder-from-scratch', step: 6 })).toBeUndefined();
    const resumed = await stopped.run();
    expect(resumed?.vae).toEqual(compressed.vae);
    expect(resumed?.report.psnrDb).toEqual(compressed.report.psnrDb);
    expect(filesIn(own)).toEqual(filesIn(folder));
    expect(Object.fromEntries(stopped.reports)).toEqual(Object.fromEntries(whole.reports));
    expect(whole.reports.size).toBe(16);
  });

  it.each<[string, (control: AbortController) => Partial<DecoderParts>]>([
    [
      'as channels are looked at',
      (control) => ({
        onLatents: (use, done, total) => {
          if (use === 'heldOut' && done === total) control.abort();
        },
      }),
    ],
    [
      'as pictures are compared',
      (control) => ({
        estimateMean: (values) => {
          control.abort();
          return { value: values[0] ?? 0, low: 0, high: 0 };
        },
      }),
    ],
    [
      'as latencies are compared',
      (control) => ({
        measuring: {
          settings: { ...protocol, minSamples: 1e9 },
          clock: {
            ...systemClock,
            elapsedMs: () => {
              control.abort();
              return systemClock.elapsedMs();
            },
          },
          random: xoroshiro128plus(1),
        },
      }),
    ],
  ])('interrupted %s stops there, and loses nothing', async (_, at) => {
    const own = temporaryFolder();
    const stopped = compressionIn(own);
    expect(await stopped.run(undefined, {}, at)).toBeUndefined();
    expect((await stopped.run())?.vae).toEqual(compressed.vae);
    expect(filesIn(own)).toEqual(filesIn(folder));
  });

  it('looks at no channel once it is to stop', async () => {
    const reason = new Error('enough');
    const latents = { shape: [4, 3, 5], rows: [gaussianNoise({ seed: 1, index: 0 }, 4 * 3 * 5)] };
    await expect(studyChannels(host, vae, latents, AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it('that is done stays as it is when it is asked for again, and can do without the comparison', async () => {
    const [files, told] = [filesIn(folder), whole.checkpoints.length];
    const again = await whole.run(undefined, { fromScratch: false });
    expect(again?.vae).toEqual(compressed.vae);
    expect(again?.report.psnrDb.fromScratch).toBeNull();
    expect(filesIn(folder)).toEqual(files);
    expect(whole.checkpoints).toHaveLength(told);
  });

  it('with another seed is another', async () => {
    const other = await compressionIn(temporaryFolder()).run(undefined, { seed: 7, fromScratch: false });
    expect(other?.vae.weights).not.toEqual(compressed.vae.weights);
  });

  it('by features of pictures needs a model that has them', async () => {
    await expect(compressionIn(temporaryFolder()).run(undefined, { perceptualWeight: 1 })).rejects.toThrow(
      'expected parts.perceptual',
    );
  });
});
