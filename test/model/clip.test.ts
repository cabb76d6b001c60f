import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import { exp, matMul, mul, transpose } from '../../src/graph/ops.js';
import { buildClipText } from '../../src/model/clip-text.js';
import { buildClipImageEmbedding, buildClipTextEmbedding, clipLogitScale } from '../../src/model/clip.js';
import { loadModel } from '../../src/model/model-folder.js';
import { clipKind, clipTextKind } from '../../src/model/model-kind.js';
import { weightParameters } from '../../src/model/parameters.js';
import { goldenFolder } from './golden-folder.js';
import { largestDifference, pick, readGolden, runGraph, tensorNamed } from './golden.js';

const tolerance = 1e-4;

describe('CLIPTextModel computes what transformers computes', () => {
  const golden = readGolden('clip-text');
  const { config, weights } = loadModel(clipTextKind, goldenFolder('clip-text'));

  test.each([
    ['end token by its id', config.endTokenId, 'pooled'],
    ['end token by the highest id', 2, 'legacy_pooled'],
  ])('%s', async (_, endTokenId, pooledName) => {
    const results = await runGraph(pick(golden, 'input_ids'), (g, input) => ({
      ...buildClipText(g, { ...config, endTokenId }, weightParameters(weights), input('input_ids')),
    }));
    const state = tensorNamed(results, 'lastHiddenState');
    expect(largestDifference(state, tensorNamed(golden, 'last_hidden_state'))).toBeLessThan(tolerance);
    const pooled = tensorNamed(results, 'pooled');
    expect(largestDifference(pooled, tensorNamed(golden, pooledName))).toBeLessThan(tolerance);
  });

  test('refusing texts longer than its positions', () => {
    const g = new GraphBuilder();
    const ids = g.input('input_ids', { dtype: 'int64', shape: [1, config.maxTokens + 1] });
    expect(() => buildClipText(g, config, weightParameters(weights), ids)).toThrow('9 positions');
  });
});

describe('CLIPModel computes what transformers computes', () => {
  const golden = readGolden('clip');
  const { config, weights } = loadModel(clipKind, goldenFolder('clip'));

  test('embeddings and logits', async () => {
    const results = await runGraph(pick(golden, 'input_ids', 'pixels'), (g, input) => {
      const parameters = weightParameters(weights);
      const text = buildClipTextEmbedding(g, config, parameters, input('input_ids'));
      const image = buildClipImageEmbedding(g, config, parameters, input('pixels'));
      const cosines = matMul(g, text, transpose(g, image, [1, 0]));
      return { text, image, logits: mul(g, cosines, exp(g, clipLogitScale(g, config, parameters))) };
    });
    for (const [name, expected] of [
      ['text', 'text_embeds'],
      ['image', 'image_embeds'],
      ['logits', 'logits_per_text'],
    ] as const) {
      const difference = largestDifference(tensorNamed(results, name), tensorNamed(golden, expected));
      expect(difference, name).toBeLessThan(tolerance);
    }
  });

  test('refusing pictures of another size', () => {
    const g = new GraphBuilder();
    const pixels = g.input('pixels', { dtype: 'float32', shape: [1, 3, 16, 16] });
    const build = (): unknown => buildClipImageEmbedding(g, config, weightParameters(weights), pixels);
    expect(build).toThrow('expected pictures [3, 14, 14]');
  });
});
