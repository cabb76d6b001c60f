import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import { loadModel } from '../../src/model/model-folder.js';
import { vaeKind } from '../../src/model/model-kind.js';
import { weightParameters } from '../../src/model/parameters.js';
import { vaeReduction } from '../../src/model/vae-config.js';
import { buildVaeDecoder, buildVaeEncoder } from '../../src/model/vae.js';
import { goldenFolder } from './golden-folder.js';
import { largestDifference, pick, readGolden, runGraph, tensorNamed } from './golden.js';

const tolerance = 1e-4;

describe.each(['vae-three-levels', 'vae-plain'])(
  'AutoencoderKL computes what diffusers computes: %s',
  (name) => {
    const golden = readGolden(name);
    const { config, weights } = loadModel(vaeKind, goldenFolder(name));

    test('encoding', async () => {
      const { mean, logVariance } = await runGraph(pick(golden, 'image'), (g, input) => ({
        ...buildVaeEncoder(g, config, weightParameters(weights), input('image')),
      }));
      if (mean === undefined || logVariance === undefined) throw new Error('no latents');
      expect(largestDifference(mean, tensorNamed(golden, 'mean'))).toBeLessThan(tolerance);
      expect(largestDifference(logVariance, tensorNamed(golden, 'logvar'))).toBeLessThan(tolerance);
    });

    test('decoding', async () => {
      const { decoded } = await runGraph(pick(golden, 'mean'), (g, input) => ({
        decoded: buildVaeDecoder(g, config, weightParameters(weights), input('mean')),
      }));
      if (decoded === undefined) throw new Error('no picture');
      expect(largestDifference(decoded, tensorNamed(golden, 'decoded'))).toBeLessThan(tolerance);
    });
  },
);

test('a VAE refuses pictures that do not fall into its latents', () => {
  const { config, weights } = loadModel(vaeKind, goldenFolder('vae-three-levels'));
  expect(vaeReduction(config)).toBe(4);
  const g = new GraphBuilder();
  const image = g.input('image', { dtype: 'float32', shape: [1, 3, 18, 16] });
  expect(() => buildVaeEncoder(g, config, weightParameters(weights), image)).toThrow('multiples of 4');
});
