import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.js';
import { pretrainConfigSchema } from '../../src/config/pretrain-config.js';
import { searchConfigSchema } from '../../src/config/search-config.js';
import { parseSchedulerConfig } from '../../src/diffusion/scheduler-config.js';
import { clipKind, unetKind, vaeKind } from '../../src/model/model-kind.js';
import { unetArchitecture } from '../../src/model/unet-architecture.js';
import { vaeReduction } from '../../src/model/vae-config.js';
import { checkOptions } from '../../src/search/search-options.js';
import type { PretrainPlan } from '../../src/training/pretrain-plan.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

describe('configs/emoji.yaml', () => {
  const config = loadConfig(searchConfigSchema, 'configs/emoji.yaml', { currentFolder: root });

  it('names the shipped models and the folder that list and show look into', () => {
    expect(config.pipeline).toBe(join(root, 'models', 'emoji'));
    expect(config.evaluation.scorer).toBe(join(root, 'models', 'emoji-clip'));
    expect(config.results).toBe(join(root, 'results'));
  });

  it('gives the search options that it takes', () => {
    expect(checkOptions({ ...config.search, seed: config.seed })).toMatchObject({
      budget: { ratioOfOriginal: 0.6 },
    });
  });
});

describe('configs/emoji-pretrain.yaml', () => {
  const config = loadConfig(pretrainConfigSchema, 'configs/emoji-pretrain.yaml', { currentFolder: root });

  it('is a plan whose models parse and fit together', () => {
    const plan: PretrainPlan = config;
    const vae = vaeKind.parse(JSON.stringify(plan.vae.config), 'vae');
    const unet = unetKind.parse(JSON.stringify(plan.unet.config), 'unet');
    const { text, vision } = clipKind.parse(JSON.stringify(plan.textEncoder.config), 'text encoder');
    const scorer = clipKind.parse(JSON.stringify(plan.scorer.config), 'scorer');
    parseSchedulerConfig(JSON.stringify(plan.unet.scheduler));
    expect(unet.contextChannels).toBe(text.hiddenSize);
    expect(unet.inChannels).toBe(vae.latentChannels);
    const side = vae.sampleSize / vaeReduction(vae);
    expect(unet.sampleSize).toEqual([side, side]);
    expect(scorer.vision.imageSize).toBe(vae.sampleSize);
    expect(vision.imageSize).toBe(vae.sampleSize);
    expect(unetArchitecture(unet).blocks.length).toBeGreaterThanOrEqual(25);
  });
});
