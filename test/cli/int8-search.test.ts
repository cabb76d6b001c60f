import Database from 'better-sqlite3';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseArchitecture } from '../../src/architecture/canonical-form.js';
import type { LatencyEntry, LatencyTableKey } from '../../src/latency/latency-records.js';
import { nodeScope } from '../../src/graph/node-scope.js';
import { modelProto, type ModelMessage } from '../../src/onnx/onnx-schema.js';
import { scale } from '../../src/statistics/estimate.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { runBuiltCli, spawnCli, writeTinyProject, type Finished } from './built-cli.js';
import { putTinyModels } from './tiny-models.js';
import { TinyProject } from './tiny-project.js';

const settings = [
  ...['search.quantize=true', 'search.budget={ratioOfOriginal: 0.05}', 'search.lossTolerance=0.0005'],
  ...['search.maxRounds=2', 'search.groupSize=3'],
].flatMap((setting) => ['--set', setting]);

let tiny: TinyProject;

function clean({ status, notes }: Finished): void {
  expect(notes).not.toContain('error');
  expect(status).toBe(0);
}

/** The key of the one latency table of a results folder. */
function keyOfTable(results: string): LatencyTableKey {
  const database = new Database(tiny.database(results), { readonly: true });
  const [row, ...others] = database
    .prepare<[], LatencyTableKey>(
      `SELECT protocol, device_fingerprint AS deviceFingerprint, dtype, batch_size AS batchSize,
        latent_height AS latentHeight, latent_width AS latentWidth, context_length AS contextLength FROM latency_tables`,
    )
    .all();
  database.close();
  if (row === undefined || others.length > 0) throw new Error(`expected one latency table in ${results}`);
  return row;
}

/** Has int8 take a quarter of the time of float32 by what is stored: blocks as small as these are no faster on it. */
function speedUpInt8(results: string): void {
  const key = keyOfTable(results);
  tiny.withStore(results, (store) => {
    const entries = store.readLatencyTable(key);
    for (const entry of entries.filter(({ subject }) => subject.endsWith(' int8'))) {
      const inFloat = entries.find(
        ({ subject }) => subject === entry.subject.replace(/ int8$/, ' beside int8'),
      );
      if (inFloat === undefined) continue;
      const quarter = (ms: number): number => ms / 4;
      const faster: LatencyEntry = {
        ...entry,
        samplesMs: inFloat.samplesMs.map(quarter),
        medianMs: scale(inFloat.medianMs, 0.25),
      };
      store.putLatencyEntry(key, faster);
    }
  });
}

beforeAll(async () => {
  const folder = temporaryFolder();
  await writeTinyProject(folder);
  putTinyModels(folder);
  tiny = new TinyProject(folder);
});

describe('a search that may put blocks on int8', () => {
  it('is killed, resumed, shown, plotted, verified and exported with just those blocks on int8', async () => {
    const { folder } = tiny;
    const measuring = spawnCli(['search', 'search.yaml', '--set', 'results=measured', ...settings], folder);
    await measuring.noted(/robust training: 0/);
    measuring.process.kill('SIGINT');
    expect((await measuring.finished).status).toBe(130);
    tiny.copyLatencies('measured', 'results');
    speedUpInt8('results');
    const { process: child, finished } = spawnCli(['search', 'search.yaml', ...settings], folder);
    while (tiny.phaseIn('results') !== 'scoring-candidates') await setTimeout(20);
    child.kill('SIGKILL');
    expect((await finished).signal).toBe('SIGKILL');
    const resumed = await runBuiltCli(['resume'], folder);
    clean(resumed);
    expect(resumed.notes).toMatch(/removals and \d+ blocks? to put on int8, those of least worth.* on int8 /);
    expect(resumed.output).toMatch(/\(\d+ int8\)/);
    clean(await runBuiltCli(['verify'], folder));

    const shown = await runBuiltCli(['show', '--json'], folder);
    const { latest } = JSON.parse(shown.output) as { latest: { canonicalForm: string } };
    const { blocks } = parseArchitecture(latest.canonicalForm);
    const int8 = blocks.filter(({ precision }) => precision === 'int8').map(({ id }) => id);
    expect(int8.length).toBeGreaterThan(0);
    expect(blocks.filter(({ present }) => present).length).toBeGreaterThan(int8.length);

    clean(await runBuiltCli(['plot', '--out', 'frontier.json'], folder));
    const { final } = JSON.parse(readFileSync(join(folder, 'frontier.json'), 'utf8')) as {
      final: { int8Blocks: number };
    };
    expect(final.int8Blocks).toBe(int8.length);

    const exported = await runBuiltCli(['export', '--out', 'best', '--format', 'onnx', '--json'], folder);
    expect(JSON.parse(exported.output)).toMatchObject({ dtype: 'fp32', int8Blocks: int8.length });
    const { graph } = modelProto.decode(
      readFileSync(join(folder, 'best/unet/model.onnx')),
    ) as unknown as ModelMessage;
    const quantizing = graph.node.filter(({ opType }) =>
      ['MatMulInteger', 'DequantizeLinear'].includes(opType),
    );
    expect([...new Set(quantizing.map(nodeScope))].toSorted()).toEqual(int8.toSorted());
  }, 600_000);
});
