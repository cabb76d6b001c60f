import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hashArchitecture } from '../../src/architecture/canonical-form.js';
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
