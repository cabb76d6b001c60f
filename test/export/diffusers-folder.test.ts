import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  copyBlock,
  isCopyable,
  removeBlock,
  type Architecture,
} from '../../src/architecture/architecture.js';
import { hashArchitecture } from '../../src/architecture/canonical-form.js';
import { writeDiffusersFolder } from '../../src/export/diffusers-folder.js';
import type { ExportedModel } from '../../src/export/exported-model.js';
import { loadForRunning, openInPlace } from '../../src/model/in-place-weights.js';
import { unetKind } from '../../src/model/model-kind.js';
import { loadPipeline } from '../../src/model/pipeline-folder.js';
import { unetParameters } from '../../src/model/unet.js';
import { goldenFolder } from '../model/golden-folder.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const pipeline = loadPipeline(goldenFolder('pipeline'));
const original = pipeline.architecture;
const { config } = pipeline.unet;

function without(architecture: Architecture, ids: RegExp): Architecture {
  return architecture.blocks
    .filter(({ id }) => ids.test(id))
    .reduce((each, { id }) => removeBlock(each, id), architecture);
}

/** Some blocks gone, and a copy of one that is left. */
function beyondStock(): Architecture {
  const left = without(original, /^(down_blocks\.1\.resnets\.0|up_blocks\.\d\.(resnets|attentions)\.0)$/);
  const block = left.blocks.find(isCopyable);
  return block === undefined ? left : copyBlock(left, block.id);
}

function exported(architecture: Architecture, dtype: 'fp32' | 'fp16' = 'fp32'): string {
  const folder = temporaryFolder();
  const model: ExportedModel = { pipeline, architecture, weights: pipeline.unet.weights };
  writeDiffusersFolder(folder, model, { dtype });
  return folder;
}

const configOf = (folder: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(folder, 'unet', 'config.json'), 'utf8')) as Record<string, unknown>;

describe('a folder for diffusers', () => {
  it.each([
    ['as it was', original],
    [
      'without a stage’s attentions and the middle',
      without(original, /^(up_blocks\.0\.attentions|mid_block)/),
    ],
    ['beyond diffusers’ class', beyondStock()],
  ])('loads again with the same hash and bit-equal weights: %s', (_, architecture) => {
    const loaded = loadPipeline(exported(architecture));
    expect(hashArchitecture(loaded.architecture)).toBe(hashArchitecture(architecture));
    expect(loaded.unet.config).toEqual(config);
    for (const { name } of unetParameters(config, architecture)) {
      const source = name.replace(/\+\d+/, '');
      expect(loaded.unet.weights.get(name), name).toEqual(pipeline.unet.weights.get(source));
    }
    expect(loaded.vae.weights).toEqual(pipeline.vae.weights);
    expect(loaded.textEncoder.weights).toEqual(pipeline.textEncoder.weights);
  });

  it('is for diffusers’ own class where that has the architecture, without the blocks that went', () => {
    const stage = without(original, /^up_blocks\.0\.attentions/);
    const folder = exported(stage);
    expect(configOf(folder)).toMatchObject({ _class_name: 'UNet2DConditionModel' });
    expect((configOf(folder)['up_block_types'] as string[])[0]).toBe('UpBlock2D');
    expect(readdirSync(join(folder, 'unet'))).not.toContain('snapevo_unet.py');
  });

  it('carries the module with it elsewhere, and keeps the pretrained configuration', () => {
    const folder = exported(beyondStock());
    expect(configOf(folder)).toMatchObject({ _class_name: 'EvolvedUNet2DConditionModel' });
    expect(existsSync(join(folder, 'unet', 'snapevo_unet.py'))).toBe(true);
    const index = JSON.parse(readFileSync(join(folder, 'model_index.json'), 'utf8')) as { unet: unknown };
    expect(index.unet).toEqual(['snapevo_unet', 'EvolvedUNet2DConditionModel']);
  });

  it('can be exported once more, as it was', () => {
    const again = loadPipeline(exported(without(original, /^(up_blocks\.0\.attentions|mid_block)/)));
    const folder = temporaryFolder();
    const model = { pipeline: again, architecture: beyondStock(), weights: again.unet.weights };
    writeDiffusersFolder(folder, model, { dtype: 'fp32' });
    expect(loadPipeline(folder).architecture).toEqual(beyondStock());
  });

  it('starts a removed block that has no weights as the identity', () => {
    const folder = exported(without(original, /^mid_block\.resnets\.1$/));
    const { weights } = loadPipeline(folder).unet;
    expect(weights.get('mid_block.resnets.1.conv2.weight')?.every((each) => each === 0)).toBe(true);
    expect(weights.get('mid_block.resnets.1.conv1.weight')?.some((each) => each !== 0)).toBe(true);
  });

  it('in fp16 runs from a float32 copy that has the copied block too', () => {
    const architecture = beyondStock();
    const [folder, cache] = [join(exported(architecture, 'fp16'), 'unet'), temporaryFolder()];
    const half = loadForRunning(unetKind, folder, cache);
    const opened = openInPlace(unetKind, folder, cache);
    expect(opened.weights.areFloat32).toBe(true);
    const copy = architecture.blocks.find(({ source }) => source !== undefined)?.id ?? '';
    const name = [...half.weights.keys()].find((each) => each.startsWith(`${copy}.`)) ?? '';
    expect(opened.weights.get(name)).toEqual(half.weights.get(name));
  });

  it('refuses a record that was changed', () => {
    const folder = exported(beyondStock());
    const path = join(folder, 'unet', 'config.json');
    const changed = readFileSync(path, 'utf8').replace('present resnet', 'skipped resnet');
    expect(() => unetKind.stored?.(config, changed)).toThrow(
      expect.objectContaining({ code: 'EVOLUTION_INVALID' }) as Error,
    );
  });
});
