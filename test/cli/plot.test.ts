import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordCli } from './recorded-cli.js';
import { storeRuns } from './stored-runs.js';

let folder: string;
let finished: string;
let untouched: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'snapevo-plot-'));
  ({ finished, untouched } = storeRuns(join(folder, 'results')));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('plot', () => {
  it('writes what the ending of the name says, into folders that it makes', async () => {
    for (const ending of ['png', 'svg', 'csv', 'json']) {
      const out = `deep/frontier.${ending}`;
      const { status, output } = await recordCli(['plot', finished, '--out', out], folder);
      expect({ status, output }).toEqual({
        status: 0,
        output: `Wrote ${out}, the frontier of run ${finished}.\n`,
      });
    }
    const read = (ending: string): Buffer => readFileSync(join(folder, `deep/frontier.${ending}`));
    expect(read('png').subarray(1, 4).toString()).toBe('PNG');
    expect(read('svg').toString()).toContain('<svg');
    expect(read('csv').toString().trim().split('\n')).toHaveLength(5);
    expect(JSON.parse(read('json').toString())).toMatchObject({ runId: finished, budgetMs: 9 });
  });

  it('draws the losses of a search where those are asked for, and names the file after what it shows', async () => {
    const { output } = await recordCli(['plot', finished, '--losses'], folder);
    expect(output).toBe(`Wrote losses.png, the losses of run ${finished}.\n`);
    expect(readFileSync(join(folder, 'losses.png')).subarray(1, 4).toString()).toBe('PNG');
  });

  it('refuses an ending it does not know, a run without points, and a place it cannot write to', async () => {
    const bad = await recordCli(['plot', finished, '--out', 'frontier.gif'], folder);
    expect(bad).toMatchObject({
      status: 2,
      notes: expect.stringContaining('error OUTPUT_FORMAT_UNKNOWN') as string,
    });
    const empty = await recordCli(['plot', untouched], folder);
    expect(empty).toMatchObject({ status: 2, notes: expect.stringContaining('error PLOT_EMPTY') as string });
    mkdirSync(join(folder, 'taken.png'));
    const taken = await recordCli(['plot', finished, '--out', 'taken.png'], folder);
    expect(taken).toMatchObject({
      status: 2,
      notes: expect.stringContaining('error OUTPUT_UNWRITABLE') as string,
    });
  });
});
