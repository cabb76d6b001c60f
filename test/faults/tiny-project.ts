import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import type { RunRecord } from '../../src/store/run-record.js';
import { runBuiltCli, writeTinyProject, type Finished, type SpawnSettings } from '../cli/built-cli.js';
import { searchesIn, withStoreIn } from '../support/tiny-searches.js';

/** Of one round, and hastily measured: what it comes to is of no interest here, but that it always comes to the same. */
const hasty = [
  'search.maxRounds=1',
  'latency.endToEnd.timeLimitMs=50',
  'latency.alone.timeLimitMs=50',
  'latency.calibration.architectures=0',
];

/** The arguments of a search of a tiny project. */
export const searchInto = (results: string): readonly string[] => [
  'search',
  'search.yaml',
  ...[`results=${results}`, ...hasty].flatMap((setting) => ['--set', setting]),
];

export const resumeIn = (results: string): readonly string[] => ['resume', '--results', results];

/** A folder with tiny pretrained models and the configuration of a search, as long as the tests of a file take. */
export interface TinyProject {
  readonly path: (...parts: readonly string[]) => string;
  readonly run: (args: readonly string[], settings?: SpawnSettings) => Promise<Finished>;
  /** The only search of a results folder. */
  readonly searchIn: (results: string) => RunRecord;
  /** Codes of the failures that the only search of a results folder has stored, in order. */
  readonly failuresIn: (results: string) => readonly string[];
}

export function tinyProject(): TinyProject {
  let folder = '';
  const path = (...parts: readonly string[]): string => join(folder, ...parts);
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'snapevo-faults-'));
    await writeTinyProject(folder);
    expect(await runBuiltCli(['pretrain', 'pretrain.yaml'], folder)).toMatchObject({ status: 0 });
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const searchIn = (results: string): RunRecord => {
    const [id = '', ...others] = searchesIn(path(results));
    expect(others).toEqual([]);
    return withStoreIn(path(results), (store) => store.readRun(id));
  };
  return {
    path,
    run: (args, settings) => runBuiltCli(args, folder, settings),
    searchIn,
    failuresIn: (results) => {
      const { id } = searchIn(results);
      const events = withStoreIn(path(results), (store) => store.readEvents(id));
      return events.flatMap(({ event }) => {
        const { type, code } = event as { readonly type: string; readonly code?: string };
        return type === 'failed' ? [code ?? ''] : [];
      });
    },
  };
}
