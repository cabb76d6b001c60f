import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { copyBlock, removeBlock } from '../../src/architecture/architecture.js';
import { hashArchitecture } from '../../src/architecture/canonical-form.js';
import { writeDiffusersFolder } from '../../src/export/diffusers-folder.js';
import { loadPipeline } from '../../src/model/pipeline-folder.js';
import { goldenFolder } from '../model/golden-folder.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { recordCli } from './recorded-cli.js';

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

it('names nothing of this machine', async () => {
  const folder = temporaryFolder();
  await recordCli(['export', golden, '--out', 'mine'], folder);
  for (const file of ['model_index.json', 'snapevo-export.json', 'unet/config.json', 'vae/config.json']) {
    expect(readFileSync(join(folder, 'mine', file), 'utf8')).not.toMatch(/\/(?:tmp|home|work|root)\//);
  }
});

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
