import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { movedConfig } from '../../src/cli/compose/moved-config.js';
import { loadConfig } from '../../src/config/load-config.js';
import { pretrainConfigSchema } from '../../src/config/pretrain-config.js';
import { searchConfigSchema } from '../../src/config/search-config.js';
import type { RunRecord } from '../../src/store/run-record.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { writeTinyProject } from './built-cli.js';

const root = temporaryFolder();
const [before, after] = [join(root, 'before'), join(root, 'elsewhere', 'after')];
const inputs = ['pipeline', 'scorer', 'results'];

beforeEach(async () => {
  rmSync(root, { recursive: true });
  await writeTinyProject(before);
  for (const name of inputs) mkdirSync(join(before, name));
  mkdirSync(join(root, 'elsewhere'));
});

const stored = (schema: typeof searchConfigSchema | typeof pretrainConfigSchema, file: string): RunRecord =>
  ({ id: 'run', config: loadConfig(schema, file, { settings: [], currentFolder: before }) }) as RunRecord;

function searchIn(results: string, run: RunRecord): { paths: readonly unknown[]; notes: readonly string[] } {
  const notes: string[] = [];
  const terminal = { note: (text: string): unknown => notes.push(text) };
  const { pipeline, evaluation, training, ...rest } = movedConfig(searchConfigSchema, run, results, terminal);
  const { scorer, captions } = evaluation;
  return { paths: [rest.results, pipeline, scorer, captions, training.pictures.folder], notes };
}

const pathsIn = (project: string): readonly string[] =>
  ['results', 'pipeline', 'scorer', 'captions.txt', 'pictures'].map((name) => join(project, name));

describe('the config of a search', () => {
  it('has the paths of a project that was moved as a whole, and says so', () => {
    const run = stored(searchConfigSchema, 'search.yaml');
    renameSync(before, after);
    const { paths, notes } = searchIn(join(after, 'results'), run);
    expect(paths).toEqual(pathsIn(after));
    expect(notes).toEqual([
      expect.stringContaining(`pipeline is now ${join(after, 'pipeline')}, training.pictures.folder is now`),
    ]);
  });

  it('shows a name that a terminal would obey', () => {
    const run = stored(searchConfigSchema, 'search.yaml');
    renameSync(before, after);
    const [pipeline, moved] = [before, after].map((project) => join(project, 'a\u001b[2Jb'));
    renameSync(join(after, 'pipeline'), moved ?? '');
    const config = { ...(run.config as object), pipeline };
    const { paths, notes } = searchIn(join(after, 'results'), { ...run, config });
    expect(paths[1]).toBe(moved);
    expect(notes[0]).toContain(`pipeline is now ${join(after, 'a\\x1b[2Jb')}, `);
  });

  it('has its own where they still are, wherever the results went', () => {
    const run = stored(searchConfigSchema, 'search.yaml');
    const results = join(root, 'elsewhere', 'results');
    renameSync(join(before, 'results'), results);
    expect(searchIn(results, run)).toEqual({ paths: [results, ...pathsIn(before).slice(1)], notes: [] });
  });

  it('has those of a copy, and what only the original has from there', () => {
    const run = stored(searchConfigSchema, 'search.yaml');
    cpSync(before, after, { recursive: true });
    rmSync(join(after, 'scorer'), { recursive: true });
    const { paths, notes } = searchIn(join(after, 'results'), run);
    const [results, pipeline, , ...others] = pathsIn(after);
    expect(paths).toEqual([results, pipeline, join(before, 'scorer'), ...others]);
    expect(notes).toEqual([expect.stringContaining(`pipeline is now ${pipeline ?? ''}, `)]);
    expect(notes[0]).not.toContain('scorer');
  });

  it('has those of a project that was moved and whose old place is another’s now', () => {
    const run = stored(searchConfigSchema, 'search.yaml');
    cpSync(before, after, { recursive: true });
    rmSync(join(before, 'results'), { recursive: true });
    expect(searchIn(join(after, 'results'), run).paths).toEqual(pathsIn(after));
  });

  it('has its own where the results folder only has another name', () => {
    const run = stored(searchConfigSchema, 'search.yaml');
    mkdirSync(after);
    mkdirSync(join(after, 'pipeline'));
    const results = join(after, 'results');
    symlinkSync(join(before, 'results'), results);
    expect(searchIn(results, run)).toEqual({ paths: [results, ...pathsIn(before).slice(1)], notes: [] });
  });

  it('has its own where they are nowhere, or have nothing in common with the results', () => {
    const run = stored(searchConfigSchema, 'search.yaml');
    const pipeline = join('/no such folder', 'pipeline');
    const config = { ...(run.config as object), pipeline };
    renameSync(before, after);
    rmSync(join(after, 'scorer'), { recursive: true });
    const { paths } = searchIn(join(after, 'results'), { ...run, config });
    expect(paths).toEqual([
      join(after, 'results'),
      pipeline,
      join(before, 'scorer'),
      ...pathsIn(after).slice(3),
    ]);
  });
});

describe('the config of a pretraining', () => {
  const outIn = (results: string, run: RunRecord): unknown =>
    movedConfig(pretrainConfigSchema, run, results, { note: () => undefined }).out;
  const out = (project: string): object => ({
    pipeline: join(project, 'pipeline'),
    scorer: join(project, 'scorer'),
  });

  it('writes into a project that was moved, and into one that only its results have left', () => {
    const run = stored(pretrainConfigSchema, 'pretrain.yaml');
    for (const name of ['pipeline', 'scorer']) rmSync(join(before, name), { recursive: true });
    renameSync(join(before, 'results'), join(root, 'elsewhere', 'results'));
    expect(outIn(join(root, 'elsewhere', 'results'), run)).toEqual(out(before));
    renameSync(before, after);
    expect(outIn(join(after, 'results'), run)).toEqual(out(after));
  });

  it('writes beside a copy’s results, not over what the original makes', () => {
    const run = stored(pretrainConfigSchema, 'pretrain.yaml');
    mkdirSync(after);
    cpSync(join(before, 'results'), join(after, 'results'), { recursive: true });
    expect(outIn(join(after, 'results'), run)).toEqual(out(after));
  });

  it('writes into a project that was moved, whose old place is another’s now', () => {
    const run = stored(pretrainConfigSchema, 'pretrain.yaml');
    cpSync(before, after, { recursive: true });
    rmSync(join(before, 'results'), { recursive: true });
    expect(outIn(join(after, 'results'), run)).toEqual(out(after));
  });
});
