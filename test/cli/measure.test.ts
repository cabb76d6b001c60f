import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { PrecisionRow } from '../../src/cli/views/precision-view.js';
import { unetKind } from '../../src/model/model-kind.js';
import { writeModel } from '../../src/model/model-folder.js';
import { knownProviders } from '../../src/runtime/supported-device.js';
import { loadRuled } from '../evaluation/ruled-weights.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { webGpuAvailable } from '../support/webgpu.js';
import { recordCli, type Recording } from './recorded-cli.js';

const folder = temporaryFolder();
const smallest = {
  ...{ in_channels: 4, out_channels: 4, sample_size: 8, norm_num_groups: 4, layers_per_block: 1 },
  ...{ block_out_channels: [8, 16], cross_attention_dim: 8, attention_head_dim: 2 },
  down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
};
mkdirSync(join(folder, 'model'));
writeFileSync(join(folder, 'model/config.json'), JSON.stringify(smallest));
writeModel(unetKind, join(folder, 'model'), loadRuled(unetKind, join(folder, 'model')), { dtype: 'F32' });

/** A line of `measure --json`. */
interface TableLine {
  readonly device: string;
  readonly threads: number | null;
  readonly method?: string;
  readonly key?: { readonly deviceFingerprint: string };
  readonly rows?: readonly { readonly block: string; readonly presentMs: { readonly value: number } }[];
  readonly error?: { readonly code: string };
}

function measure(results: string, ...args: readonly string[]): Promise<Recording> {
  const calibrate = args.includes('--precision') ? [] : ['--calibrate', '0'];
  const quick = ['--context', '4', '--seconds', '1', ...calibrate, '--results', results];
  return recordCli(['measure', 'model', ...quick, ...args], folder);
}

const linesOf = ({ output }: Recording): readonly TableLine[] =>
  output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TableLine);

/** One block of a tiny network may cost less than the noise of a busy machine; all together don't. */
function expectWholeTable({ rows = [] }: TableLine, blocks: number): void {
  expect(rows).toHaveLength(blocks);
  expect(rows.reduce((sum, { presentMs }) => sum + presentMs.value, 0)).toBeGreaterThan(0);
}

describe('measure', () => {
  it('tells with --precision what every block takes on weights of int8 too', async () => {
    const args = ['--precision', 'int8', '--threads', '1'];
    const { output, status } = await measure('precision', ...args, '--json');
    const { blocks } = JSON.parse(output) as { readonly blocks: readonly PrecisionRow[] };
    expect([status, blocks.length]).toEqual([0, 12]);
    for (const { float32Ms, int8Ms, clipLoss } of blocks) {
      expect([float32Ms.value > 0, int8Ms.value > 0, clipLoss]).toEqual([true, true, null]);
    }
    const table = await measure('precision', ...args);
    expect(table.output).toMatch(/^block +fp32 ms +int8 ms +int8 saves ms +int8 costs CLIP +warnings$/m);
  });

  it('counts with --precision what it measures, and what was measured before not at all', async () => {
    const args = ['--precision', 'int8', '--threads', '1'];
    const { notes } = await measure('counted', ...args);
    const counts = [...notes.matchAll(/measuring on cpu, 1 thread, blocks: (\d+)\/(\d+)/g)];
    const [, done, total] = counts.at(-1) ?? [];
    expect(Number(total)).toBeGreaterThan(8);
    expect(done).toBe(total);
    expect(new Set(counts.map((each) => each[2])).size).toBe(1);
  });

  it('asks with --precision after each run whether it is to stop', async () => {
    const { signal } = new AbortController();
    const asked = vi.spyOn(signal, 'throwIfAborted');
    const args = [
      'measure',
      'model',
      '--precision',
      'int8',
      '--threads',
      '1',
      '--context',
      '4',
      '--seconds',
      '1',
    ];
    const { notes } = await recordCli([...args, '--results', 'asked'], folder, { signal });
    const [, total] = /blocks: 0\/(\d+)/.exec(notes) ?? [];
    // each is run several times, and kept once
    expect(asked.mock.calls.length).toBeGreaterThan(2 * Number(total));
  });

  it.each([
    [['--scorer', 'nowhere'], 'MODEL_UNREADABLE'],
    [['--scorer', 'nowhere', '--prompts', 'none.txt'], 'MODEL_UNREADABLE'],
  ])('refuses %j before anything is measured', async (args, code) => {
    const { status, notes } = await measure('refused', '--precision', 'int8', ...args);
    expect([status, notes.includes(code), notes.includes('measuring')]).toEqual([2, true, false]);
  });

  it.each([
    [['--count', '4'], '--count', '--precision'],
    [['--scorer', 'clip'], '--scorer', '--precision'],
    [['--precision', 'int8', '--steps', '4'], '--steps', '--scorer'],
    [['--precision', 'int8', '--parallel'], '--parallel', 'no --precision'],
  ])('refuses %j, which would change nothing', async (args, where, expected) => {
    const { status, output, notes } = await recordCli(['measure', 'model', ...args], folder);
    expect([status, output]).toEqual([2, '']);
    expect(notes).toContain(`error OPTION_UNFIT: expected ${expected} beside ${where};`);
  });

  it('puts tables of several devices side by side, each kept under a key of its own', async () => {
    const args = ['--device', 'cpu', '--threads', '1', '--threads', '2'];
    const { status, output, notes } = await measure('two-counts', ...args);
    expect(status).toBe(0);
    expect(output).toMatch(/^block +kind +cpu, 1 thread ms +of the step +cpu, 2 threads ms +of the step$/m);
    expect(output).toMatch(/^mid_block\.resnets\.0 +resnet( +\S+ \[\S+, \S+\] +\d+\.\d%){2}$/m);
    expect(output.match(/^ {2}one step of the original takes /gm)).toHaveLength(2);
    expect(notes).toMatch(
      /measuring on cpu, 1 thread, timings: 0[\s\S]*measuring on cpu, 2 threads, timings: 0/,
    );
    const lines = linesOf(await measure('two-counts', ...args, '--json'));
    expect(lines.map(({ device, threads }) => [device, threads])).toEqual([
      ['cpu', 1],
      ['cpu', 2],
    ]);
    expect(new Set(lines.map(({ key }) => key?.deviceFingerprint)).size).toBe(2);
    for (const line of lines) expectWholeTable(line, lines[0]?.rows?.length ?? Number.NaN);
  });

  it.runIf(knownProviders().includes('cuda'))(
    'keeps the tables of devices beside one that fails',
    async () => {
      const args = ['--device', 'cuda:99', '--device', 'cpu', '--threads', '1', '--parallel'];
      const { status, output, notes } = await measure('beside-cuda', ...args);
      expect(status).toBe(1);
      expect(output).toMatch(/^block +kind +cpu, 1 thread ms +of the step$/m);
      expect(notes).toContain('cuda:99: error SESSION_FAILED');
      expect(notes).toContain('error MEASURE_DEVICE_FAILED: expected a table of each device');
      const [failed, measured] = linesOf(await measure('beside-cuda', ...args, '--json'));
      expect(failed).toMatchObject({ device: 'cuda:99', error: { code: 'SESSION_FAILED' } });
      expect(measured).toMatchObject({ device: 'cpu', method: 'mean' });
    },
  );

  it('throws what the only device threw', async () => {
    const wrong = await measure('others', '--latents', '7');
    expect(wrong.status).toBe(2);
    expect(wrong.notes).toContain('error UNET_SAMPLE_SIZE');
  });

  it.runIf(webGpuAvailable())('measures on webgpu, where blocks are told alone, beside the CPU', async () => {
    const args = ['--device', 'webgpu', '--device', 'cpu', '--threads', '1', '--json'];
    const recording = await measure('on-webgpu', ...args);
    expect(recording.status).toBe(0);
    const [webgpu, cpu] = linesOf(recording);
    expect([webgpu?.method, cpu?.method]).toEqual(['isolated', 'mean']);
    if (webgpu === undefined || cpu === undefined) throw new Error('expected two tables');
    for (const table of [webgpu, cpu]) expectWholeTable(table, cpu.rows?.length ?? Number.NaN);
    expect(webgpu.rows?.map(({ block }) => block)).toEqual(cpu.rows?.map(({ block }) => block));
  });
});
