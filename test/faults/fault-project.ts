import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import type { RunRecord } from '../../src/store/run-record.js';
import type { Store } from '../../src/store/store.js';
import { runBuiltCli, type Finished, type SpawnSettings } from '../cli/built-cli.js';
import { TinyProject } from '../cli/tiny-project.js';

/** Of one round, and hastily measured: what it comes to is of no interest here, but that it always comes to the same. */
const hasty = [
  'search.maxRounds=1',
  'latency.endToEnd.timeLimitMs=50',
  'latency.alone.timeLimitMs=50',
  'latency.calibration.architectures=0',
];

/** The arguments of a search. */
export const searchInto = (results: string): readonly string[] => [
  'search',
  'search.yaml',
  ...[`results=${results}`, ...hasty].flatMap((setting) => ['--set', setting]),
];

export const resumeIn = (results: string): readonly string[] => ['resume', '--results', results];

/** A tiny project whose results folders each have one search. */
export interface FaultProject {
  readonly path: (...parts: readonly string[]) => string;
  readonly run: (args: readonly string[], settings?: SpawnSettings) => Promise<Finished>;
  readonly withStore: <T>(results: string, work: (store: Store) => T) => T;
  readonly copyLatencies: (from: string, to: string) => void;
  readonly searchIn: (results: string) => RunRecord;
  readonly decisionsIn: (results: string) => unknown;
  /** Codes of the failures that the search has stored, in order. */
  readonly failuresIn: (results: string) => readonly string[];
}

/** A project as long as the tests of a file take. */
export function faultProject(): FaultProject {
  let project = new TinyProject('');
  beforeAll(async () => {
    project = await TinyProject.make(mkdtempSync(join(tmpdir(), 'snapevo-faults-')));
  });
  afterAll(() => {
    rmSync(project.folder, { recursive: true });
  });
  const searchIn = (results: string): RunRecord => {
    const [id = '', ...others] = project.searchesIn(results);
    expect(others).toEqual([]);
    return project.withStore(results, (store) => store.readRun(id));
  };
  return {
    path: (...parts) => join(project.folder, ...parts),
    run: (args, settings) => runBuiltCli(args, project.folder, settings),
    withStore: (results, work) => project.withStore(results, work),
    copyLatencies: (from, to) => {
      project.copyLatencies(from, to);
    },
    searchIn,
    decisionsIn: (results) => project.decisionsOf(results, searchIn(results).id),
    failuresIn: (results) => {
      const { id } = searchIn(results);
      const events = project.withStore(results, (store) => store.readEvents(id));
      return events.flatMap(({ event }) => {
        const { type, code = '' } = event as { readonly type: string; readonly code?: string };
        return type === 'failed' ? [code] : [];
      });
    },
  };
}
