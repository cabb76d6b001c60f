import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { copyBlock, removeBlock, type Architecture } from '../../src/architecture/architecture.js';
import { savePretrained, trainedWeights } from '../../src/cli/compose/trained-weights.js';
import { gaussianNoise } from '../../src/diffusion/gaussian.js';
import { UNetSessions } from '../../src/evaluation/unet-sessions.js';
import { writeDiffusersFolder } from '../../src/export/diffusers-folder.js';
import type { ExportedModel, FloatDtype } from '../../src/export/exported-model.js';
import { writeOnnxFolder } from '../../src/export/onnx-folder.js';
import { StoredWeights } from '../../src/model/stored-weights.js';
import { TrainingCheckpoints } from '../../src/training/training-checkpoint.js';
import { models, openHost, original } from '../evaluation/golden-models.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const { config } = models.unet;
const everything = 0;
const resnet = 'mid_block.resnets.0';
/** With a copy that has no weights of its own, and a block that does not run. */
const evolved = copyBlock(removeBlock(original, 'mid_block.attentions.0'), resnet);

let checkpoints: TrainingCheckpoints;
let reference: string;
beforeEach(() => {
  checkpoints = new TrainingCheckpoints(temporaryFolder());
  reference = savePretrained(checkpoints, models.unet);
});

describe('weights of a training state', () => {
  it('are those it was saved with, in memory or where they lie', async () => {
    const inMemory = await trainedWeights(checkpoints)(reference);
    const inPlace = await trainedWeights(checkpoints, everything)(reference);
    expect(inMemory.weights).toEqual(models.unet.weights);
    expect(inPlace.weights).toBeInstanceOf(StoredWeights);
    expect(new Map(inPlace.weights)).toEqual(models.unet.weights);
    const { moment1, moment2, average } = await checkpoints.load(reference);
    expect([moment1.size, moment2.size, average.size]).toEqual([
      models.unet.weights.size,
      models.unet.weights.size,
      0,
    ]);
    expect([...moment1.values(), ...moment2.values()].every((each) => each.every((x) => x === 0))).toBe(true);
  });

  it('hold on to their file only where they lie in it', async () => {
    await trainedWeights(checkpoints)(reference);
    checkpoints.prune(new Set());
    expect(checkpoints.has(reference)).toBe(false);
  });
});

describe('a UNet on the weights of a training state', () => {
  const host = openHost();
  afterAll(() => host.close());
  const extents = { rows: 2, height: 8, width: 8, tokens: 5 };
  const latents = gaussianNoise({ seed: 1, index: 0 }, 2 * config.inChannels * 8 * 8);
  const context = gaussianNoise({ seed: 1, index: 1 }, 2 * 5 * config.contextChannels);

  async function run(
    sessions: UNetSessions,
    architecture: Architecture,
    weights: string,
  ): Promise<Float32Array> {
    return sessions.withPass(architecture, weights, (pass) => pass(latents, 500, context));
  }

  it('computes the same on weights in the file as on those in memory, which the runtime lays out anew, but for rounding', async () => {
    const made: Float32Array[] = [];
    for (const maxBytes of [everything, undefined]) {
      const loadWeights = trainedWeights(checkpoints, maxBytes);
      const sessions = new UNetSessions({ host, config, loadWeights, extents, capacity: 1 });
      made.push(await run(sessions, original, reference), await run(sessions, evolved, reference));
      await sessions.release();
    }
    expect(largestDifference(made[0], made[2])).toBeLessThan(1e-5);
    expect(largestDifference(made[1], made[3])).toBeLessThan(1e-5);
    expect(largestDifference(made[0], made[1])).toBeGreaterThan(1e-3);
  });

  it('keeps the file of its weights as long as it runs on them', async () => {
    const loadWeights = trainedWeights(checkpoints, everything);
    const sessions = new UNetSessions({ host, config, loadWeights, extents, capacity: 2 });
    const first = await run(sessions, original, reference);
    checkpoints.prune(new Set());
    expect(checkpoints.has(reference)).toBe(true);
    expect(await run(sessions, original, reference)).toEqual(first);
    const changed = new Map([...models.unet.weights].map(([name, data]) => [name, data.map((x) => x / 2)]));
    const other = savePretrained(checkpoints, { ...models.unet, weights: changed });
    expect(await run(sessions, original, other)).not.toEqual(first);
    expect([checkpoints.has(reference), checkpoints.has(other)]).toEqual([false, true]);
    await sessions.release();
    expect(checkpoints.has(other)).toBe(true);
  });

  it('gives a file back that no session could be made on', async () => {
    const loadWeights = trainedWeights(checkpoints, everything);
    const none = { ...extents, height: 0 };
    const sessions = new UNetSessions({ host, config, loadWeights, extents: none, capacity: 2 });
    await expect(run(sessions, original, reference)).rejects.toMatchObject({ code: 'UNET_SAMPLE_SIZE' });
    checkpoints.prune(new Set());
    expect(checkpoints.has(reference)).toBe(false);
  });
});

describe('an export of the weights of a training state', () => {
  const bytesIn = (folder: string): Map<string, Buffer> =>
    new Map(
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name))
        .map((path) => [path.slice(folder.length), readFileSync(path)]),
    );

  type Write = (folder: string, model: ExportedModel, options: { readonly dtype: FloatDtype }) => unknown;

  it.each<[string, Write, FloatDtype]>([
    ['diffusers fp32', writeDiffusersFolder, 'fp32'],
    ['diffusers fp16', writeDiffusersFolder, 'fp16'],
    ['ONNX fp32', writeOnnxFolder, 'fp32'],
    ['ONNX fp16', writeOnnxFolder, 'fp16'],
  ])('has the same bytes from the file as from memory: %s', async (_, write, dtype) => {
    const [fromFile, fromMemory] = [temporaryFolder(), temporaryFolder()];
    const { weights } = await trainedWeights(checkpoints, everything)(reference);
    write(fromFile, { pipeline: models, architecture: evolved, weights }, { dtype });
    write(fromMemory, { pipeline: models, architecture: evolved, weights: models.unet.weights }, { dtype });
    expect(bytesIn(fromFile)).toEqual(bytesIn(fromMemory));
  });
});

function largestDifference(one: Float32Array | undefined, other: Float32Array | undefined): number {
  return Math.max(...(one ?? []).map((value, index) => Math.abs(value - (other?.[index] ?? Number.NaN))));
}
