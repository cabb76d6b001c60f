import { cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { unetKind } from '../../src/model/model-kind.js';
import { loadModel, writeModel } from '../../src/model/model-folder.js';
import { goldenFolder } from '../model/golden-folder.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { recordCli, type Recording } from './recorded-cli.js';

let folder = '';

/** The golden pipeline with PNDM's scheduler, as Stable Diffusion 1.x comes, and a second UNet beside its own. */
beforeAll(() => {
  folder = temporaryFolder();
  cpSync(goldenFolder('pipeline'), join(folder, 'model'), { recursive: true });
  const scheduler = join(folder, 'model/scheduler/scheduler_config.json');
  writeFileSync(scheduler, readFileSync(scheduler, 'utf8').replace('DDIMScheduler', 'PNDMScheduler'));
  const own = loadModel(unetKind, join(folder, 'model/unet'));
  const weights = new Map([...own.weights].map(([name, data]) => [name, data.map((value) => 0.9 * value)]));
  writeModel(unetKind, join(folder, 'other'), { ...own, weights });
  const file = `${unetKind.stem}.safetensors`;
  const variant = `${unetKind.stem}.non_ema.safetensors`;
  renameSync(join(folder, 'other', file), join(folder, 'model/unet', variant));
});

async function generate(...options: readonly string[]): Promise<Recording & { readonly picture: string }> {
  const asked = ['generate', 'model', '--prompt', 'a cat', '--steps', '3', '--out', 'picture.png'];
  const recording = await recordCli([...asked, ...options], folder);
  const picture = recording.status === 0 ? readFileSync(join(folder, 'picture.png'), 'base64') : '';
  return { ...recording, picture };
}

const substituted = 'PNDMScheduler is not a sampler of ours: ddim stands in for it.';

describe('generate', () => {
  it('samples as the scheduler says, and tells of a substitute', async () => {
    const unasked = await generate();
    expect(unasked.notes).toContain(substituted);
    const asked = await generate('--sampler', 'ddim');
    expect(asked.notes).not.toContain('stands in');
    expect(asked.picture).toBe(unasked.picture);
  });

  it('samples with what is named, each in its own way', async () => {
    const pictures: string[] = [];
    for (const sampler of ['euler', 'ddpm', 'dpm-solver++']) {
      const { status, picture } = await generate('--sampler', sampler);
      expect(status).toBe(0);
      pictures.push(picture);
    }
    expect(new Set(pictures).size).toBe(3);
    const { status, notes } = await generate('--sampler', 'pndm');
    expect(status).toBe(2);
    expect(notes).toContain('Allowed choices are ddim, ddpm, euler, dpm-solver++');
  });

  it('takes the weights of a variant, and names those that there are', async () => {
    const [plain, variant] = [await generate(), await generate('--variant', 'non_ema')];
    expect(variant.status).toBe(0);
    expect(variant.picture).not.toBe(plain.picture);
    const { status, notes } = await generate('--variant', 'fp8');
    expect(status).toBe(2);
    expect(notes).toContain('error WEIGHTS_VARIANT: expected weights of the variant "fp8"');
    expect(notes).toContain('"non_ema"');
  });
});

describe('measure', () => {
  it('takes the weights of a variant too', async () => {
    const { status, notes } = await recordCli(['measure', 'model', '--variant', 'fp8'], folder);
    expect(status).toBe(2);
    expect(notes).toContain('found weights without a variant, "non_ema"');
  });
});

describe('export', () => {
  it('takes the weights of a variant too', async () => {
    const { status } = await recordCli(
      ['export', 'model', '--variant', 'non_ema', '--out', 'exported'],
      folder,
    );
    expect(status).toBe(0);
    const [asked, exported] = [
      loadModel(unetKind, join(folder, 'model/unet'), { variant: 'non_ema' }),
      loadModel(unetKind, join(folder, 'exported/unet')),
    ];
    expect(exported.weights).toEqual(asked.weights);
  });
});

describe('evaluate', () => {
  it('tells of a substitute as well', async () => {
    const scorer = join(folder, 'scorer');
    cpSync(goldenFolder('clip'), scorer, { recursive: true });
    cpSync(join(folder, 'model/tokenizer'), scorer, { recursive: true });
    const side = 14;
    writeFileSync(join(scorer, 'preprocessor_config.json'), JSON.stringify({ size: side, crop_size: side }));
    const settings = ['--scorer', 'scorer', '--count', '2', '--steps', '1'];
    const { status, notes } = await recordCli(['evaluate', 'model', ...settings], folder);
    expect(notes).toContain(substituted);
    expect(status).toBe(0);
  });
});
