import { describe, expect, it } from 'vitest';
import { chooseFiles } from '../../src/hub/choose-files.js';
import { repositoryFile } from '../../src/hub/repository-file.js';

/** What is chosen of the weights among files of these names. */
function weightsOf(paths: readonly string[], variant: string | null = null): string[] {
  return chosenOf(paths, variant).filter((path) => path.includes('.safetensors'));
}

/** What is chosen among files of these names. */
function chosenOf(paths: readonly string[], variant: string | null = null): string[] {
  const files = paths.map((path) => repositoryFile({ path, type: 'file', size: 1, oid: '0'.repeat(40) }));
  return chooseFiles(files, variant).map(({ path }) => path);
}

/** As Stable Diffusion 1.5 is published, as far as it matters. */
const stableDiffusion = [
  'model_index.json',
  'v1-5-pruned-emaonly.safetensors',
  'v1-5-pruned.ckpt',
  'safety_checker/model.safetensors',
  'text_encoder/model.fp16.safetensors',
  'text_encoder/model.safetensors',
  'text_encoder/pytorch_model.bin',
  'unet/diffusion_pytorch_model.fp16.safetensors',
  'unet/diffusion_pytorch_model.non_ema.safetensors',
  'unet/diffusion_pytorch_model.safetensors',
  'vae/diffusion_pytorch_model.fp16.safetensors',
  'vae/diffusion_pytorch_model.safetensors',
];

describe('the weights that are pulled', () => {
  it('are the plain ones of each part, and no single file or part that is not used', () => {
    const chosen = [
      'text_encoder/model.safetensors',
      'unet/diffusion_pytorch_model.safetensors',
      'vae/diffusion_pytorch_model.safetensors',
    ];
    expect(weightsOf(stableDiffusion)).toEqual(chosen);
    expect(
      weightsOf([...stableDiffusion, 'checkpoint-500/unet/diffusion_pytorch_model.safetensors']),
    ).toEqual(chosen);
  });

  it('are those of a variant where a part has it, and the plain ones elsewhere, as they are loaded', () => {
    expect(weightsOf(stableDiffusion, 'non_ema')).toEqual([
      'text_encoder/model.safetensors',
      'unet/diffusion_pytorch_model.non_ema.safetensors',
      'vae/diffusion_pytorch_model.safetensors',
    ]);
  });

  it('may be in shards, of a variant too', () => {
    const shards = ['model.fp16-00001-of-00002.safetensors', 'model.fp16-00002-of-00002.safetensors'];
    const index = 'model.safetensors.index.fp16.json';
    expect(weightsOf(['model.safetensors', ...shards, index], 'fp16')).toEqual([...shards, index]);
    expect(weightsOf(['model.safetensors', ...shards, index])).toEqual(['model.safetensors']);
  });

  it('of a CLIP model are not those of another program beside them', () => {
    const published = ['open_clip_model.safetensors', 'open_clip_pytorch_model.bin', 'pytorch_model.bin'];
    expect(weightsOf(['model.safetensors', ...published])).toEqual(['model.safetensors']);
    expect(() => weightsOf(published)).toThrow(
      expect.objectContaining({ code: 'HUB_NO_WEIGHTS', hint: expect.stringContaining('pickled') as string }),
    );
  });

  it('have to be safetensors in every part', () => {
    const pickled = stableDiffusion.filter((path) => !/^vae.*safetensors$/.test(path));
    expect(() => weightsOf([...pickled, 'vae/diffusion_pytorch_model.bin'])).toThrow(
      /found vae\/diffusion_pytorch_model\.bin$/,
    );
  });

  it('have to be there in the variant that is asked for', () => {
    expect(() => weightsOf(stableDiffusion, 'bf16')).toThrow(
      expect.objectContaining({ code: 'HUB_NO_WEIGHTS', hint: 'add --variant fp16 or --variant non_ema' }),
    );
  });
});

it.each(['.snapevo-pull.json', '.SnapEvo-Pull.json', '.snapevo-pull.json/config.json'])(
  'a file named %s would take the place of the record, and is left out',
  (path) => {
    const others = ['config.json', 'model.safetensors', 'docs/.snapevo-pull.json'];
    expect(chosenOf([...others, path])).toEqual(others);
  },
);
