import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { TrainingCheckpoints } from '../../src/training/training-checkpoint.js';
import { initialState, type TrainingState } from '../../src/training/training-session.js';
import { readStep, readTrainingState, writeTrainingState } from '../../src/training/training-state-file.js';
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
    writeTrainingState(path, stateFrom(7), shapeOf, 1200);
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

  it('are known to be damaged when they were whole before', async () => {
    const checkpoints = new TrainingCheckpoints(folder);
    const reference = checkpoints.save(stateFrom(1), shapeOf);
    await checkpoints.load(reference);
    const path = checkpoints.path(reference);
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    await expect(checkpoints.load(reference)).rejects.toMatchObject({ code: 'CHECKPOINT_DAMAGED' });
  });

  it.skipIf(process.platform === 'win32')('are not read from a device, which has no end', async () => {
    const reference = 'ab'.repeat(32);
    mkdirSync(folder);
    symlinkSync('/dev/zero', join(folder, `${reference}.safetensors`));
    await expect(new TrainingCheckpoints(folder).load(reference)).rejects.toMatchObject({
      code: 'CHECKPOINT_DAMAGED',
    });
  });

  it('that are lent stay until the last has given them back, and go then', async () => {
    const checkpoints = new TrainingCheckpoints(folder);
    const reference = checkpoints.save(stateFrom(1), shapeOf);
    const lent = [await checkpoints.lend(reference), await checkpoints.lend(reference)];
    const graph = lent[0]?.parameters.locate('block.weight');
    expect(graph).toMatchObject({ location: `${reference}.safetensors`, length: 16 });
    checkpoints.prune(new Set());
    lent[0]?.giveBack();
    lent[0]?.giveBack();
    expect(checkpoints.has(reference)).toBe(true);
    expect(lent[1]?.parameters.get('scalar')).toEqual(Float32Array.of(1));
    lent[1]?.giveBack();
    expect(checkpoints.has(reference)).toBe(false);
  });

  it('that are lent stay when they are needed after all', async () => {
    const checkpoints = new TrainingCheckpoints(folder);
    const reference = checkpoints.save(stateFrom(1), shapeOf);
    const { giveBack } = await checkpoints.lend(reference);
    checkpoints.prune(new Set());
    checkpoints.prune(new Set([reference]));
    giveBack();
    expect(checkpoints.has(reference)).toBe(true);
  });

  it('that are lent go with the rest once all are taken back', async () => {
    const checkpoints = new TrainingCheckpoints(folder);
    const [one, other] = [1, 2].map((first) => checkpoints.save(stateFrom(first), shapeOf));
    await checkpoints.lend(one ?? '');
    await checkpoints.lend(one ?? '');
    await checkpoints.lend(other ?? '');
    checkpoints.prune(new Set([other ?? '']));
    checkpoints.takeBackAll();
    expect([one, other].map((reference) => checkpoints.has(reference ?? ''))).toEqual([false, true]);
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
