import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadTokenizer } from '../../src/data/tokenizer.js';
import { parseSchedulerConfig } from '../../src/diffusion/scheduler-config.js';
import { TextToImagePipeline } from '../../src/evaluation/text-to-image-pipeline.js';
import { clipTextKind, unetKind, vaeKind } from '../../src/model/model-kind.js';
import { unetArchitecture } from '../../src/model/unet-architecture.js';
import { openSafetensors } from '../../src/onnx/safetensors.js';
import { largestDifference, openHost } from './golden-models.js';
import { loadRuled } from './ruled-weights.js';

const goldenFolder = join(import.meta.dirname, '../golden');
const pipelines = join(goldenFolder, 'pipelines');
const { prompt, seed, cases } = JSON.parse(readFileSync(join(pipelines, 'golden.json'), 'utf8')) as {
  readonly prompt: string;
  readonly seed: number;
  readonly cases: Readonly<Record<string, { readonly steps: number; readonly guidanceScale: number }>>;
};

const scratch = mkdtempSync(join(tmpdir(), 'snapevo-family-'));

/** The shared vocabulary with the pipeline's own special tokens. */
function tokenizerOf(name: string) {
  const folder = join(scratch, name);
  for (const file of ['vocab.json', 'merges.txt']) {
    cpSync(join(goldenFolder, 'data/tokenizer', file), join(folder, file));
  }
  cpSync(join(pipelines, name, 'tokenizer'), folder, { recursive: true });
  return loadTokenizer(folder);
}

describe('a pipeline of the family of Stable Diffusion', () => {
  const host = openHost();
  afterAll(async () => {
    await host.close();
    rmSync(scratch, { recursive: true });
  });

  it.each(Object.entries(cases))(
    'like %s makes the picture that diffusers makes',
    async (name, { steps, guidanceScale }) => {
      const folder = join(pipelines, name);
      const models = {
        unet: loadRuled(unetKind, join(folder, 'unet')),
        vae: loadRuled(vaeKind, join(folder, 'vae')),
        textEncoder: loadRuled(clipTextKind, join(folder, 'text_encoder')),
      };
      const scheduler = parseSchedulerConfig(
        readFileSync(join(folder, 'scheduler/scheduler_config.json'), 'utf8'),
      );
      const loadWeights = () => Promise.resolve({ weights: models.unet.weights });
      const pipeline = await TextToImagePipeline.create(
        { host, models, tokenizer: tokenizerOf(name), scheduler, loadWeights },
        { batch: 1, steps, guidanceScale },
      );
      const unet = { architecture: unetArchitecture(models.unet.config), weights: 'pretrained' };
      const [picture] = await pipeline.generate(unet, [{ caption: prompt, noise: { seed, index: 0 } }]);
      const expected = openSafetensors(join(folder, 'picture.safetensors')).read('picture');
      const pixels = picture?.pixels.map((value) => (value + 1) / 2) ?? [];
      expect(largestDifference(pixels, expected)).toBeLessThan(1e-4);
      await pipeline.release();
    },
  );
});
