import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load-config.js';
import { searchConfigSchema } from '../../src/config/search-config.js';
import { readLines } from '../../src/data/read-lines.js';
import { loadTokenizer } from '../../src/data/tokenizer.js';
import { SnapEvoError } from '../../src/errors/snapevo-error.js';
import { readText } from '../../src/files/read-text.js';
import { loadPipeline } from '../../src/model/pipeline-folder.js';
import { openSafetensorsFolder } from '../../src/onnx/safetensors-folder.js';
import { openSafetensors } from '../../src/onnx/safetensors.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const root = temporaryFolder();

/** What lies where a file should. A pipe that nobody writes to would be waited for without end. */
const intruders: Readonly<Record<string, { make: (path: string) => void; told: string }>> = {
  ...(process.platform === 'win32'
    ? {}
    : {
        'a named pipe': { make: (path: string) => execFileSync('mkfifo', [path]), told: 'a named pipe' },
      }),
  'a folder': {
    make: (path: string) => {
      mkdirSync(path);
    },
    told: 'a folder',
  },
};

/** A file with holes in place of its bytes, so that it takes no space. */
function writeHoles(path: string, bytes: number): void {
  const descriptor = openSync(path, 'w');
  ftruncateSync(descriptor, bytes);
  closeSync(descriptor);
}

/** Readers of strangers' files: the file's name in its folder, and what is called with it. */
const readers: Readonly<Record<string, { file: string; read: (folder: string) => unknown }>> = {
  'a configuration': {
    file: 'search.yaml',
    read: (folder) => loadConfig(searchConfigSchema, 'search.yaml', { currentFolder: folder }),
  },
  'a pipeline’s index': { file: 'model_index.json', read: (folder) => loadPipeline(folder) },
  'a safetensors file': {
    file: 'model.safetensors',
    read: (folder) => openSafetensors(join(folder, 'model.safetensors')),
  },
  'an index of shards': {
    file: 'model.safetensors.index.json',
    read: (folder) => openSafetensorsFolder(folder, 'model'),
  },
  'a tokenizer': { file: 'vocab.json', read: (folder) => loadTokenizer(folder) },
  'a list of captions': { file: 'captions.txt', read: (folder) => readLines(join(folder, 'captions.txt')) },
};

function refusal(read: () => unknown): SnapEvoError {
  try {
    read();
  } catch (error) {
    if (error instanceof SnapEvoError) return error;
    throw error;
  }
  throw new Error('expected a refusal, found none');
}

let folders = 0;
function folderWith(file: string, make: (path: string) => void): string {
  folders += 1;
  const folder = join(root, String(folders));
  mkdirSync(folder);
  make(join(folder, file));
  return folder;
}

describe.each(Object.entries(readers))('%s', (_, { file, read }) => {
  test.each(Object.entries(intruders))('that is %s is refused at once', (_name, { make, told }) => {
    const folder = folderWith(file, make);
    // vocab.json alone is no tokenizer
    if (file === 'vocab.json') writeFileSync(join(folder, 'merges.txt'), '#version: 0.2\na b\n');
    const { message, fault } = refusal(() => read(folder));
    expect(message).toContain(told);
    expect(fault).toBe('user');
  });

  test('of 8 GB is refused before it is read', () => {
    const folder = folderWith(file, (path) => {
      writeHoles(path, 8e9);
    });
    if (file === 'vocab.json') writeFileSync(join(folder, 'merges.txt'), '#version: 0.2\na b\n');
    const before = process.memoryUsage().rss;
    expect(refusal(() => read(folder)).fault).toBe('user');
    expect(process.memoryUsage().rss - before).toBeLessThan(3e8);
  });
});

describe('text', () => {
  const path = join(root, 'text');

  test('is read without its byte order mark', () => {
    writeFileSync(path, '\uFEFF{"a": "ä"}');
    expect(readText(path, 100)).toBe('{"a": "ä"}');
  });

  test('may be as long as it may be, and no longer', () => {
    writeFileSync(path, 'abcde');
    expect(readText(path, 5)).toBe('abcde');
    expect(() => readText(path, 4)).toThrow('expected at most 4 bytes, found 5');
  });

  test('is UTF-8 or refused', () => {
    writeFileSync(path, Buffer.from([0x61, 0xff, 0x62]));
    expect(() => readText(path, 100)).toThrow('expected UTF-8 text');
  });
});
