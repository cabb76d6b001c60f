import Database from 'better-sqlite3';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordCli } from './recorded-cli.js';
import { storeRuns } from './stored-runs.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'snapevo-cli-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('list', () => {
  it('says that there is nothing, and makes nothing, where nothing has been run', async () => {
    expect(await recordCli(['list'], folder)).toEqual({
      status: 0,
      output: '',
      notes: 'No runs in results yet.\n',
    });
    expect((await recordCli(['list', '--json'], folder)).output).toBe('[]\n');
    expect(existsSync(join(folder, 'results'))).toBe(false);
  });

  it('shows the runs, newest first, with what they came to', async () => {
    const { finished, untouched } = storeRuns(join(folder, 'results'));
    const { output } = await recordCli(['list'], folder);
    const [heading, first, second] = output.split('\n');
    expect(heading).toMatch(
      /^run +kind +status +started +span +rounds +latency ms +budget ms +ms of a +CLIP$/,
    );
    expect(first).toMatch(new RegExp(`^${untouched} +search +interrupted`));
    expect(second).toMatch(
      new RegExp(`^${finished} +search +finished .* 2 +12.0 -> 8.40 +9.00 +step +0.3100 -> 0.3080$`),
    );
  });

  it('looks where --results says, and gives JSON to programs', async () => {
    const { finished } = storeRuns(join(folder, 'elsewhere'));
    const { output } = await recordCli(['list', '--results', 'elsewhere', '--json'], folder);
    const runs = JSON.parse(output) as { run: { id: string }; rounds: number }[];
    expect(runs.map(({ run, rounds }) => [run.id, rounds])[1]).toEqual([finished, 2]);
  });
});

describe('a run whose record is damaged', () => {
  function damage(table: string, column: string, runId: string): void {
    const database = new Database(join(folder, 'results', 'snapevo.db'));
    const key = table === 'runs' ? 'id' : 'run_id';
    database.prepare(`UPDATE ${table} SET ${column} = ${column} || '1' WHERE ${key} = ?`).run(runId);
    database.close();
  }

  it.each([
    ['runs', 'name', 'itself'],
    ['rounds', 'budget_ms', 'a row of rounds'],
  ])('in %s is told of beside all others, with status 1', async (table, column, words) => {
    const { finished, untouched } = storeRuns(join(folder, 'results'));
    damage(table, column, finished);
    const { status, output, notes } = await recordCli(['list'], folder);
    expect(status).toBe(1);
    expect(output).toContain(`\n${untouched} `);
    expect(output).not.toContain(finished);
    expect(notes).toContain('error STORE_DAMAGED: expected every run as it was stored, found 1 changed');
    expect(notes).toMatch(new RegExp(`\n  ${finished}: expected .*${words}`));
    expect(notes).toContain(`where: ${join(folder, 'results', 'snapevo.db')}`);
    expect(notes).not.toContain('a fault in SnapEvo');
  });

  it('is told of to programs beside the others', async () => {
    const { finished, untouched } = storeRuns(join(folder, 'results'));
    damage('runs', 'name', finished);
    const { status, output, notes } = await recordCli(['list', '--json'], folder);
    expect(status).toBe(1);
    expect((JSON.parse(output) as { run: { id: string } }[]).map(({ run }) => run.id)).toEqual([untouched]);
    expect(JSON.parse(notes)).toMatchObject({ error: { code: 'STORE_DAMAGED' } });
  });

  it('is all there is', async () => {
    const { finished, untouched } = storeRuns(join(folder, 'results'));
    for (const id of [finished, untouched]) damage('runs', 'name', id);
    const { status, output, notes } = await recordCli(['list'], folder);
    expect([status, output]).toEqual([1, '']);
    expect(notes).toContain('found 2 changed since');
    expect(notes).not.toContain('No runs');
  });

  it('stops no command that names another, and those that mean it or name none', async () => {
    const { finished, untouched } = storeRuns(join(folder, 'results'));
    damage('runs', 'name', untouched);
    expect((await recordCli(['show', finished], folder)).status).toBe(0);
    expect((await recordCli(['gc', finished, '--dry-run'], folder)).status).toBe(0);
    for (const args of [['show', untouched], ['show', untouched.slice(0, -1)], ['show']]) {
      const { status, notes } = await recordCli(args, folder);
      expect(status).toBe(2);
      expect(notes).toContain(`error STORE_DAMAGED: expected what is stored of run ${untouched} itself`);
    }
    expect((await recordCli(['show', 'nosuch'], folder)).notes).toContain('error RUN_UNKNOWN');
    const others = 'hint: Name the run that you mean: all others can still be worked with';
    expect((await recordCli(['show'], folder)).notes).toContain(others);
    expect((await recordCli(['show', untouched], folder)).notes).not.toContain(others);
  });

  it('is found by verify, which looks at the others too', async () => {
    const { finished, untouched } = storeRuns(join(folder, 'results'));
    damage('runs', 'name', untouched);
    const { status, output } = await recordCli(['verify', '--json'], folder);
    expect(status).toBe(1);
    const { findings, runs } = JSON.parse(output) as {
      findings: { what: string; where: string }[];
      runs: { run: { id: string } }[];
    };
    expect(findings).toMatchObject([{ what: 'run', where: untouched }]);
    expect(runs.map(({ run }) => run.id)).toEqual([finished]);
  });
});

describe('show', () => {
  it('shows rounds, the last ranking, training, and what came of it', async () => {
    const { finished } = storeRuns(join(folder, 'results'));
    const { status, output } = await recordCli(['show', finished], folder);
    expect(status).toBe(0);
    expect(output).toMatchInlineSnapshot(`
      "20261123-0426-first-0001 (search)
        status    finished
        started   2026-11-23 04:26 UTC, last heard of 6 min later
        device    cpu, a processor, 2 threads
        pipeline  ffffffff
        budget    9.00 ms a step

      round  network      latency ms a step                     CLIP  budget   done
          1  75dca6ee  12.00 [11.80, 12.20]  0.3100 [0.3000, 0.3200]  not met  remove down_blocks.0.attentions.0
          2  f60f06ab     8.50 [8.30, 8.70]  0.3050 [0.2950, 0.3150]  met      nothing

      Round 2
      rank  action  block                                  dCLIP    saves ms a step  dCLIP/ms  images  status  why
         1  remove  mid_block.resnets.0  0.0012 [0.0002, 0.0022]  2.50 [2.40, 2.60]    4.8e-4      64  ranked  least CLIP lost per millisecond

      Latency
        one step of the original takes 12.00 ms, its blocks 5.00 ms of it
        measured alone, the blocks sum up to 10.0% more than inside the network
        calibrated with random networks: costs are those measured inside the network, times 0.960
        before, the table's sum was off by 7.5% on average, 2.5% too low, over 2 networks measured end to end
        after, each network predicted by the others' calibration, the table's sum was off by 1.1% on average, 0.1% too high, over 2 networks measured end to end
        savings within the noise: mid_block.resnets.0
        unstable (1 of 2 blocks): the interval of the median was still too wide when time, samples or forwards ran out
        the table's sum was off by 5.0% on average, 5.0% too low, over 2 networks measured end to end
        drift (1 of 2 whole networks): the first and the second half of the samples disagree: the machine was busy, throttled or still warming up
        reference-moved (1 of 2 whole networks): the reference beside it, for whole networks the original, was not as fast as when it was first measured; of whole networks the ratio was used

      training  steps  last loss
      robust      100      0.125

                                        original                    final  change
      latency ms a step     12.00 [11.80, 12.20]        8.40 [8.20, 8.60]    −30%
      CLIP score         0.3100 [0.3000, 0.3200]  0.3080 [0.2980, 0.3180]     −1%
      parameters M                          5.60                     4.20    −25%

      stage          cross-attention  ResNet
      down_blocks.0  1 -> 0           0
      mid_block      0                1
      "
    `);
  });

  it('shows the ranking of the round asked for, or of all', async () => {
    storeRuns(join(folder, 'results'));
    const first = await recordCli(['show', '0001', '--round', '1'], folder);
    expect(first.output).toContain('Round 1\n');
    expect(first.output).not.toContain('Round 2\n');
    expect(first.output).toMatch(
      /- +remove +mid_block\.resnets\.0 +- .* excluded +its saving is within the noise/,
    );
    const all = await recordCli(['show', '0001', '--all'], folder);
    expect(all.output).toMatch(/Round 1\n[\s\S]*Round 2\n/);
  });

  it('takes the newest run unless told otherwise', async () => {
    const { untouched } = storeRuns(join(folder, 'results'));
    expect((await recordCli(['show'], folder)).output).toContain(untouched);
  });

  it('gives everything to programs as JSON', async () => {
    const { finished } = storeRuns(join(folder, 'results'));
    const { output } = await recordCli(['show', finished, '--all', '--json'], folder);
    const report = JSON.parse(output) as Record<string, readonly unknown[]>;
    expect(report['candidates']).toHaveLength(3);
    expect(report['actions']).toHaveLength(1);
    expect(report['roundRecords']).toHaveLength(2);
  });

  it.each([
    [['show'], 'RUN_NONE', false],
    [['show', 'nosuch'], 'RUN_UNKNOWN', true],
    [['show', '2026'], 'RUN_AMBIGUOUS', true],
    [['show', '0001', '--round', '7'], 'ROUND_UNKNOWN', true],
  ] as const)('refuses %j with %s', async (args, code, stored) => {
    if (stored) storeRuns(join(folder, 'results'));
    const { status, output, notes } = await recordCli(args, folder);
    expect({ status, output }).toEqual({ status: 2, output: '' });
    expect(notes).toContain(`error ${code}: expected`);
    const asJson = await recordCli([...args, '--json'], folder);
    expect(JSON.parse(asJson.notes)).toMatchObject({ error: { code } });
  });
});
