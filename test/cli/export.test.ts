import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { copyBlock, removeBlock } from '../../src/architecture/architecture.js';
import { hashArchitecture } from '../../src/architecture/canonical-form.js';
import { compareExported, pictureError, type PictureError } from '../../src/cli/compose/compare-exported.js';
import type { Progress } from '../../src/cli/terminal/progress.js';
import { createTerminal } from '../../src/cli/terminal/terminal.js';
import { writeDiffusersFolder } from '../../src/export/diffusers-folder.js';
import { loadPipeline } from '../../src/model/pipeline-folder.js';
import { goldenFolder } from '../model/golden-folder.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { recordCli, RecordedStream } from './recorded-cli.js';

const golden = goldenFolder('pipeline');

it('writes a folder for diffusers, says how to load it, and writes over it only when forced', async () => {
  const folder = temporaryFolder();
  const first = await recordCli(['export', golden, '--out', 'mine'], folder);
  expect(first.output).toContain('StableDiffusionPipeline.from_pretrained("mine")');
  const hash = hashArchitecture(loadPipeline(join(folder, 'mine')).architecture);
  expect(hash).toBe(hashArchitecture(loadPipeline(golden).architecture));
  const again = await recordCli(['export', golden, '--out', 'mine'], folder);
  expect([again.status, again.notes]).toEqual([2, expect.stringContaining('EXPORT_FOLDER_TAKEN')]);
  const forced = await recordCli(
    ['export', golden, '--out', 'mine', '--force', '--format', 'onnx', '--dtype', 'fp16', '--json'],
    folder,
  );
  expect(JSON.parse(forced.output)).toMatchObject({ format: 'onnx', dtype: 'fp16', architecture: hash });
  expect(existsSync(join(folder, 'mine', 'unet', 'model.onnx'))).toBe(true);
  expect(existsSync(join(folder, 'mine', 'vae'))).toBe(false);
});

it('tells how far pictures of int8 are from those of fp32', async () => {
  const folder = temporaryFolder();
  const options = ['--format', 'onnx', '--dtype', 'int8', '--compare-pictures', '2'];
  const { output } = await recordCli(['export', golden, '--out', 'mine', '--json', ...options], folder);
  const { dtype, int8 } = JSON.parse(output) as { dtype: string; int8: PictureError };
  expect([dtype, int8.pictures]).toEqual(['int8', 2]);
  expect(int8.psnrDb).toBeGreaterThan(20);
  expect(int8.psnrDb).toBeLessThan(100);
  expect(int8.cosine).toBeGreaterThan(0.95);
  const untold = await recordCli(
    ['export', golden, '--out', 'mine', '--force', ...options.slice(0, -1), '0'],
    folder,
  );
  expect([untold.status, untold.output]).toEqual([0, expect.not.stringContaining('PSNR')]);
});

it.each([
  ['--compare-pictures', '4'],
  ['--format', 'onnx', '--dtype', 'fp16', '--compare-pictures', '0'],
])('refuses to compare pictures of what is no int8: %s', async (...options) => {
  const folder = temporaryFolder();
  const { status, notes } = await recordCli(['export', golden, '--out', 'mine', ...options], folder);
  expect(status).toBe(2);
  expect(notes).toContain('error OPTION_UNFIT: expected --dtype int8 beside --compare-pictures;');
  expect(existsSync(join(folder, 'mine'))).toBe(false);
});

it('takes its progress away where pictures cannot be compared', async () => {
  const pipeline = loadPipeline(golden);
  const model = { pipeline, architecture: pipeline.architecture, weights: pipeline.unet.weights };
  const calls: string[] = [];
  const progress: Progress = {
    start: () => void calls.push('start'),
    update: () => undefined,
    stop: () => void calls.push('stop'),
    around: (write) => {
      write();
    },
  };
  const streams = { output: new RecordedStream(), notes: new RecordedStream() };
  const terminal = { ...createTerminal({ ...streams, environment: {}, elapsedMs: () => 0 }), progress };
  const { signal } = new AbortController();
  const nowhere = join(temporaryFolder(), 'nowhere');
  await expect(compareExported(nowhere, model, 1, { terminal, signal })).rejects.toThrow();
  expect(calls).toEqual(['start', 'stop']);
});

it('has no ratio for pictures that are the same', () => {
  const pictures = [Float32Array.of(0.5, -1, 0.25)];
  const same = pictureError(pictures, pictures);
  expect(same).not.toHaveProperty('psnrDb');
  expect(JSON.parse(JSON.stringify(same))).toEqual(same);
  const other = pictureError(pictures, [Float32Array.of(0.5, -1, 0.75)]);
  expect(other.psnrDb).toBeCloseTo(10 * Math.log10(4 / (0.25 / 3)), 5);
});

it('writes no int8 for diffusers', async () => {
  const folder = temporaryFolder();
  const { status, notes } = await recordCli(['export', golden, '--out', 'mine', '--dtype', 'int8'], folder);
  expect([status, notes]).toEqual([2, expect.stringContaining('EXPORT_DTYPE_UNFIT')]);
  expect(existsSync(join(folder, 'mine'))).toBe(false);
});

/** What tells of a machine or of who works on it, in a configuration and in the environment. */
const canary = 'canary-7f3a';
const local = {
  ...{ _name_or_path: `/home/${canary}/model`, name_or_path: canary, _commit_hash: canary },
  ...{ special_tokens_map_file: canary, tokenizer_file: canary, cache_dir: `C:\\Users\\${canary}` },
  ...{
    vocab_file: `~/${canary}/vocab.json`,
    text_config: { _name_or_path: canary, files: [`/mnt/${canary}/a`] },
  },
};

/** The golden pipeline, with configurations that tell where they were made. */
function tellingPipeline(folder: string): string {
  const copy = join(folder, `from-${canary}`);
  cpSync(golden, copy, { recursive: true });
  writeFileSync(join(copy, 'tokenizer', 'added_tokens.json'), '{}');
  const fields: Readonly<Record<string, object>> = {
    'unet/config.json': { _name_or_path: local._name_or_path },
    'vae/config.json': { _name_or_path: local._name_or_path },
    'text_encoder/config.json': { _name_or_path: local._name_or_path },
    'tokenizer/tokenizer_config.json': local,
    'tokenizer/special_tokens_map.json': local,
    'scheduler/scheduler_config.json': { _name_or_path: local._name_or_path, _more: local },
    'model_index.json': { _name_or_path: local._name_or_path, _more: local },
  };
  for (const [file, more] of Object.entries(fields)) {
    const path = join(copy, file);
    const own = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as object) : {};
    writeFileSync(path, JSON.stringify({ ...own, ...more }));
  }
  for (const [file, text] of [
    ['notes.txt', canary],
    ['tokenizer/notes.txt', canary],
    ['unet/events.log', canary],
  ] as const)
    writeFileSync(join(copy, file), text);
  return copy;
}

it.each(['diffusers', 'onnx'])(
  'names nothing of this machine, or of another, in a folder for %s',
  async (format) => {
    const folder = temporaryFolder();
    const from = tellingPipeline(folder);
    process.env['SNAPEVO_TEST_SECRET'] = canary;
    process.env['HF_TOKEN'] = `hf_${canary}`;
    onTestFinished(() => {
      delete process.env['SNAPEVO_TEST_SECRET'];
      delete process.env['HF_TOKEN'];
    });
    const { status, notes } = await recordCli(['export', from, '--out', 'mine', '--format', format], folder);
    expect([status, notes]).toEqual([0, '']);
    const told = [canary, folder, golden, process.cwd(), `${homedir()}/`, hostname()];
    const files = readdirSync(join(folder, 'mine'), { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isFile(),
    );
    expect(files.length).toBeGreaterThan(8);
    for (const { parentPath, name } of files) {
      const bytes = readFileSync(join(parentPath, name));
      expect(
        told.filter((words) => bytes.includes(words)),
        name,
      ).toEqual([]);
    }
  },
);

it('refuses an architecture that it knows nothing of', async () => {
  const { status, notes } = await recordCli(
    ['export', golden, '--out', 'x', '--architecture', 'beef'],
    temporaryFolder(),
  );
  expect([status, notes]).toEqual([2, expect.stringContaining('EXPORT_ARCHITECTURE_UNKNOWN')]);
});

it('gives a folder that other commands take as it has become', async () => {
  const folder = temporaryFolder();
  const pipeline = loadPipeline(golden);
  const removed = removeBlock(pipeline.architecture, 'down_blocks.1.resnets.0');
  const architecture = copyBlock(removed, 'mid_block.resnets.0');
  const model = { pipeline, architecture, weights: pipeline.unet.weights };
  writeDiffusersFolder(join(folder, 'evolved'), model, { dtype: 'fp32' });
  const results = ['--results', 'results'];
  const exported = await recordCli(['export', 'evolved', '--out', 'again', '--json', ...results], folder);
  expect(JSON.parse(exported.output)).toMatchObject({ architecture: hashArchitecture(architecture) });
  const made = await recordCli(
    ['generate', 'evolved', '--prompt', 'a', '--steps', '1', '--out', 'a.png', ...results],
    folder,
  );
  expect([made.status, existsSync(join(folder, 'a.png'))]).toEqual([0, true]);
  const measured = await recordCli(
    ['measure', 'evolved', '--seconds', '1', '--threads', '1', '--json', ...results],
    folder,
  );
  const { evolvedMs } = JSON.parse(measured.output) as { readonly evolvedMs: { readonly value: number } };
  expect(evolvedMs.value).toBeGreaterThan(0);
});
