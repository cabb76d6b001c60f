import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  readStep,
  readTrainingState,
  TrainingCheckpoints,
  writeTrainingState,
} from '../../src/training/training-checkpoint.js';
import { initialState, type TrainingState } from '../../src/training/training-session.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { numbersOf } from './line-fitting.js';

const root = temporaryFolder();
let folder: string;
let tests = 0;
beforeEach(() => {
  tests += 1;
  folder = join(root, String(tests));
});

const shapeOf = (name: string): readonly number[] => (name === 'scalar' ? [] : [2, 2]);

/** A state whose kinds all differ. */
function stateFrom(first: number): TrainingState {
  const kind = (offset: number) =>
    new Map([
      ['block.weight', Float32Array.of(first, 0.1, -2e-38, offset)],
      ['scalar', Float32Array.of(offset)],
    ]);
  return { parameter: kind(1), moment1: kind(2), moment2: kind(3), average: kind(4) };
}

describe('a written training state', () => {
  it('is read again to the bit, with its step', () => {
    const path = join(root, 'state.safetensors');
    writeTrainingState(path, stateFrom(7), shapeOf, { step: 1200 });
    expect(numbersOf(readTrainingState(path))).toEqual(numbersOf(stateFrom(7)));
    expect(readStep(path)).toBe(1200);
  });

  it('is at step 0 where it does not say', () => {
    const path = join(root, 'no-step.safetensors');
    writeTrainingState(path, stateFrom(7), shapeOf);
    expect(readStep(path)).toBe(0);
  });

  it('begins with moments at zero and the average at the weights', () => {
    const weights = new Map([['block.weight', Float32Array.of(1, 2)]]);
    expect(numbersOf(initialState(weights))).toEqual({
      parameter: { 'block.weight': [1, 2] },
      moment1: { 'block.weight': [0, 0] },
      moment2: { 'block.weight': [0, 0] },
      average: { 'block.weight': [1, 2] },
    });
  });
});

describe('training checkpoints', () => {
  it('are loaded by their reference, by others too', async () => {
    const reference = new TrainingCheckpoints(folder).save(stateFrom(1), shapeOf);
    const bytes = readFileSync(new TrainingCheckpoints(folder).path(reference));
    expect(reference).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(numbersOf(await new TrainingCheckpoints(folder).load(reference))).toEqual(numbersOf(stateFrom(1)));
  });

  it('have equal references when, and only when, their states are equal', () => {
    const checkpoints = new TrainingCheckpoints(folder);
    const one = checkpoints.save(stateFrom(1), shapeOf);
    const other = checkpoints.save(stateFrom(2), shapeOf);
    expect(checkpoints.save(stateFrom(1), shapeOf)).toBe(one);
    expect(other).not.toBe(one);
    expect(readdirSync(folder)).toHaveLength(2);
  });

  it.each(['float16', 'bfloat16'] as const)(
    'hold the weights that their saver goes on with, as %s',
    async (dtype) => {
      const checkpoints = new TrainingCheckpoints(folder);
      const reference = checkpoints.save(stateFrom(1), shapeOf, dtype);
      const saved = numbersOf(await checkpoints.load(reference));
      expect(saved).toEqual(numbersOf(await new TrainingCheckpoints(folder).load(reference)));
      expect(saved['parameter']).not.toEqual(numbersOf(stateFrom(1))['parameter']);
      expect(saved['moment1']).toEqual(numbersOf(stateFrom(1))['moment1']);
    },
  );

  it('are known to be damaged when a bit has changed or the end is missing', async () => {
    const reference = new TrainingCheckpoints(folder).save(stateFrom(1), shapeOf);
    const path = new TrainingCheckpoints(folder).path(reference);
    const whole = readFileSync(path);
    const changed = Buffer.from(whole);
    changed[whole.length - 1] = (changed[whole.length - 1] ?? 0) ^ 1;
    for (const bytes of [changed, whole.subarray(0, -1), Buffer.of()]) {
      writeFileSync(path, bytes);
      await expect(new TrainingCheckpoints(folder).load(reference)).rejects.toMatchObject({
        code: 'CHECKPOINT_DAMAGED',
        hint: expect.stringContaining('restore it from a copy') as string,
        where: path,
      });
    }
    writeFileSync(path, whole);
    await expect(new TrainingCheckpoints(folder).load(reference)).resolves.toBeDefined();
  });

  it('have the size of their files, and make no folder to be looked for', () => {
    const checkpoints = new TrainingCheckpoints(folder);
    checkpoints.prune(new Set());
    expect(() => checkpoints.sizeOf('ab'.repeat(32))).toThrow('expected the file of the training state');
    expect(existsSync(folder)).toBe(false);
    const reference = checkpoints.save(stateFrom(1), shapeOf);
    expect(checkpoints.sizeOf(reference)).toBe(readFileSync(checkpoints.path(reference)).length);
  });

  it('are said to be missing when they are', async () => {
    const reference = 'ab'.repeat(32);
    await expect(new TrainingCheckpoints(folder).load(reference)).rejects.toMatchObject({
      name: 'SnapEvoError',
      code: 'CHECKPOINT_MISSING',
      where: join(folder, `${reference}.safetensors`),
      fault: 'user',
    });
  });

  it('are freed but for those that are needed', async () => {
    const checkpoints = new TrainingCheckpoints(folder);
    const references = [];
    for (const first of [1, 2, 3]) references.push(checkpoints.save(stateFrom(first), shapeOf));
    const [, needed = ''] = references;
    checkpoints.prune(new Set([needed]));
    expect(references.map((reference) => existsSync(checkpoints.path(reference)))).toEqual([
      false,
      true,
      false,
    ]);
    expect(numbersOf(await checkpoints.load(needed))).toEqual(numbersOf(stateFrom(2)));
  });
});
