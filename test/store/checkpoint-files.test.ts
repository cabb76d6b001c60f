import fc from 'fast-check';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  readCheckpointFile,
  removePartialFiles,
  runDirectory,
  verifyCheckpointFile,
  writeCheckpointFile,
} from '../../src/store/checkpoint-files.js';
import { codeOf } from './store-subject.js';
import { temporaryDirectory } from './temporary-directory.js';

const directory = temporaryDirectory();
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('writeCheckpointFile', () => {
  it('writes the chunks one after the other and says what it wrote', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (chunks) => {
        const written = writeCheckpointFile(directory, 'round/trip.bin', chunks);
        const whole = Buffer.concat(chunks);
        const sha256 = createHash('sha256').update(whole).digest('hex');
        expect(written).toEqual({ file: 'round/trip.bin', sha256, sizeBytes: whole.length });
        expect(Buffer.from(readCheckpointFile(directory, written)).equals(whole)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it('keeps the old content when the new one cannot be produced', () => {
    const written = writeCheckpointFile(directory, 'kept.bin', [bytes('old')]);
    const failing = function* (): Generator<Uint8Array> {
      yield bytes('half of the ne');
      throw new Error('out of memory');
    };
    expect(() => writeCheckpointFile(directory, 'kept.bin', failing())).toThrow('out of memory');
    expect(readFileSync(verifyCheckpointFile(directory, written), 'utf8')).toBe('old');
  });

  it.each(['../out.bin', '/tmp/out.bin', 'a/../../out.bin', '.', '..'])('refuses %s', (file) => {
    expect(codeOf(() => writeCheckpointFile(join(directory, 'run'), file, []))).toBe('STORE_CHECKPOINT_PATH');
    expect(existsSync(join(directory, 'out.bin'))).toBe(false);
  });
});

describe('reading a checkpoint', () => {
  it.each([readCheckpointFile, verifyCheckpointFile])('names a file that changed', (read) => {
    const written = writeCheckpointFile(directory, 'changed.bin', [bytes('content')]);
    appendFileSync(join(directory, 'changed.bin'), '!');
    const details = { code: 'STORE_CHECKPOINT_CORRUPT', where: join(directory, 'changed.bin') };
    expect(() => read(directory, written)).toThrow(expect.objectContaining(details));
  });

  it.each([readCheckpointFile, verifyCheckpointFile])('names a file that is gone', (read) => {
    const written = writeCheckpointFile(directory, 'gone.bin', [bytes('content')]);
    rmSync(join(directory, 'gone.bin'));
    const details = { code: 'STORE_CHECKPOINT_MISSING', where: join(directory, 'gone.bin') };
    expect(() => read(directory, written)).toThrow(expect.objectContaining(details));
  });
});

describe('removePartialFiles', () => {
  it('removes what a killed writer left, and nothing else', () => {
    const run = runDirectory(join(directory, 'snapevo.db'), 'some-run');
    expect(run).toBe(join(directory, 'some-run'));
    mkdirSync(join(run, 'deep'), { recursive: true });
    for (const name of ['whole.bin', 'half.bin.partial', 'deep/half.bin.partial'])
      writeFileSync(join(run, name), 'x');
    removePartialFiles(run);
    expect(readdirSync(run, { recursive: true }).sort()).toEqual(['deep', 'whole.bin']);
  });
});
