import { afterAll, describe, expect, it } from 'vitest';
import { gaussianNoise } from '../../src/diffusion/gaussian.js';
import { ClipScorer } from '../../src/evaluation/clip-scorer.js';
import { evaluatePipeline, type PipelineEvaluation } from '../../src/evaluation/evaluate-pipeline.js';
import { unpackPictures } from '../../src/evaluation/picture.js';
import { weightParameters } from '../../src/model/parameters.js';
import { buildVaeDecoder, buildVaeEncoder } from '../../src/model/vae.js';
import { float32Tensor } from '../../src/runtime/tensor.js';
import { bootstrapMean } from '../../src/search/bootstrap.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { runGraph } from '../model/golden.js';
import { captions, models, openClip, openHost, openPipeline, original, pretrained } from './golden-models.js';

function pictureSet(seed: number, count: number): PipelineEvaluation['heldOut'] {
  const noise = gaussianNoise({ seed, index: 0 }, count * 3 * 32 * 32);
  const pixels = Uint8Array.from(noise, (value) => Math.min(255, Math.max(0, 128 + 64 * value)));
  return { pictures: unpackPictures({ count, size: 32, pixels }), captions: captions.slice(0, count) };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('the evaluation of a pipeline', () => {
  const host = openHost();
  afterAll(() => host.close());

  it('gathers the figures of its parts', async () => {
    const [pipeline, clip] = [await openPipeline(host), await openClip(host)];
    const [train, heldOut] = [pictureSet(1, 7), pictureSet(2, 5)];
    const steps: number[] = [];
    const { scorers, vaePsnrDb } = await evaluatePipeline({
      ...{ host, pipeline, train, heldOut, seed: 4, likeness: 'train' },
      scorers: [
        { name: 'one', clip },
        { name: 'same', clip },
      ],
      unet: pretrained,
      vae: models.vae,
      prompts: captions,
      estimateMean: (values) => bootstrapMean(values, { seed: 4, round: 0 }),
      hooks: { onStep: (done, total) => steps.push(done / total) },
    });

    const [figures, same] = scorers;
    if (figures === undefined) throw new Error('no figures');
    expect(same).toEqual({ ...figures, scorer: 'same' });
    expect(figures.cmmd).toBeGreaterThan(0);

    const scorer = new ClipScorer({
      ...{ pipeline, clip, captions, seed: 4, scorerHash: 'scorer' },
      cache: new MemoryStore({ nowMs: () => 0, drawSuffix: () => 0 }),
    });
    const request = { type: 'score', architecture: original, architectureHash: 'original' } as const;
    const { scores } = await scorer.score({
      ...request,
      weights: 'pretrained',
      captions: { from: 0, to: captions.length },
    });
    expect(figures.clipScore.value).toBeCloseTo(mean(scores), 6);
    const realScores = await clip.score(heldOut.pictures, heldOut.captions);
    expect(figures.clipScoreOfRealPictures.value).toBeCloseTo(mean(realScores), 6);
    expect(vaePsnrDb.value).toBeCloseTo(await expectedDecibels(heldOut), 4);
    for (const { value, low, high } of [figures.clipScore, vaePsnrDb]) {
      expect(low).toBeLessThan(value);
      expect(high).toBeGreaterThan(value);
    }
    expect(Object.values(figures.retrieval).map((each) => each?.among)).toEqual([7, 5, 7]);
    expect(figures.retrieval.heldOut.recallAt5).toBe(1);
    expect(steps.map((share) => Math.round(share * 6))).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

/** By a graph of its own, all pictures at once. */
async function expectedDecibels({ pictures }: PipelineEvaluation['heldOut']): Promise<number> {
  const flat = Float32Array.from(pictures.flatMap(({ pixels }) => [...pixels]));
  const image = float32Tensor([pictures.length, 3, 32, 32], flat);
  const { restored } = await runGraph({ image }, (g, input) => {
    const { config, weights } = models.vae;
    const parameters = weightParameters(weights);
    const { mean: latents } = buildVaeEncoder(g, config, parameters, input('image'));
    return { restored: buildVaeDecoder(g, config, parameters, latents) };
  });
  const errors = Array.from((restored?.data ?? []) as Float32Array, (value, k) => {
    const clamped = Math.min(1, Math.max(-1, value));
    return (clamped - (flat[k] ?? Number.NaN)) ** 2;
  });
  return 10 * Math.log10(4 / mean(errors));
}
