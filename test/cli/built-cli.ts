import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { encodePng } from '../../src/data/encode-png.js';

/** The file that is the program. */
export const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const tinyConfigs = new URL('./tiny/', import.meta.url);

export interface Finished {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly notes: string;
}

/** A run of the built program. */
export interface Spawned {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  readonly finished: Promise<Finished>;
  /** Resolves once a line of the notes matches; rejects when the program ends first. */
  readonly noted: (line: RegExp) => Promise<void>;
}

/** What a run of the built program gets besides its arguments. */
export interface SpawnSettings {
  /** Options of Node itself, such as a module to load first. */
  readonly nodeOptions?: readonly string[];
  /** Beside those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts the built program in a folder. */
export function spawnCli(args: readonly string[], folder: string, settings: SpawnSettings = {}): Spawned {
  if (!existsSync(program)) throw new Error('dist/ is missing: npm run build');
  const { nodeOptions = [], environment = {} } = settings;
  const child = spawn(process.execPath, [...nodeOptions, program, ...args], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, notes] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (notes += text));
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => {
      resolve({ status, signal, output, notes });
    });
  });
  const noted = (line: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (line.test(notes)) resolve();
      };
      child.stderr.on('data', look);
      look();
      child.once('close', () => {
        reject(new Error(`ended without a note like ${String(line)}:\n${notes}`));
      });
    });
  return { process: child, finished, noted };
}

export function runBuiltCli(
  args: readonly string[],
  folder: string,
  settings: SpawnSettings = {},
): Promise<Finished> {
  return spawnCli(args, folder, settings).finished;
}

const captions = ['red square', 'green square', 'blue square', 'white square', 'grey square', 'dark square'];

/** A folder with a tiny data set and the configs of a pretraining, a search and an optimization on it. */
export async function writeTinyProject(folder: string): Promise<void> {
  const pictures = join(folder, 'pictures');
  mkdirSync(pictures, { recursive: true });
  const lines = captions.map((text, index) => JSON.stringify({ file_name: `${index}.png`, text }));
  writeFileSync(join(pictures, 'metadata.jsonl'), `${lines.join('\n')}\n`);
  for (const index of captions.keys()) {
    const pixels = Uint8Array.from({ length: 3 * 16 * 16 }, (_, i) => (i * (index + 1) * 7) % 256);
    writeFileSync(join(pictures, `${index}.png`), await encodePng(pixels, { height: 16, width: 16 }));
  }
  writeFileSync(join(folder, 'captions.txt'), `${captions.join('\n')}\n`);
  for (const name of ['pretrain.yaml', 'search.yaml', 'optimize.yaml']) {
    copyFileSync(new URL(name, tinyConfigs), join(folder, name));
  }
}
