import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quantizeBlock, removeBlock, type Architecture } from '../../src/architecture/architecture.js';
import { hashArchitecture } from '../../src/architecture/canonical-form.js';
import type { ClipModel } from '../../src/evaluation/clip-model.js';
import { ClipScorer, hashScorer, type ClipScorerParts } from '../../src/evaluation/clip-scorer.js';
import type { TextToImagePipeline } from '../../src/evaluation/text-to-image-pipeline.js';
import type { ScoreRequest } from '../../src/search/ports.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { captions, largestDifference, openClip, openHost, openPipeline, original } from './golden-models.js';

const newStore = (): MemoryStore => new MemoryStore({ nowMs: () => 0, drawSuffix: () => 0 });

function requestOf(from: number, to: number, architecture: Architecture = original): ScoreRequest {
  return {
    type: 'score',
    architecture,
    architectureHash: hashArchitecture(architecture),
    weights: 'pretrained',
    captions: { from, to },
  };
}

describe('the CLIP scorer', () => {
  const host = openHost();
  let pipeline: TextToImagePipeline;
  let clip: ClipModel;
  let made: number[];

  beforeAll(async () => {
    pipeline = await openPipeline(host);
    clip = await openClip(host);
  });
  afterAll(() => host.close());

  /** A scorer that notes which captions pictures are made for. */
  function scorerWith(changes: Partial<ClipScorerParts> = {}): ClipScorer {
    made = [];
    const watched: ClipScorerParts['pipeline'] = {
      settings: pipeline.settings,
      generate: async (unet, requests) => {
        made.push(...requests.map(({ noise }) => noise.index));
        return pipeline.generate(unet, requests);
      },
    };
    const parts = { clip, captions, seed: 5, scorerHash: 'scorer', cache: newStore() };
    return new ClipScorer({ pipeline: watched, ...parts, ...changes });
  }

  it('gives each caption the cosine of its picture, made from its own noise', async () => {
    const { scores } = await scorerWith().score(requestOf(0, captions.length));
    const requests = captions.map((caption, index) => ({ caption, noise: { seed: 5, index } }));
    const pictures = await pipeline.generate(requestOf(0, 1), requests);
    expect(largestDifference(scores, await clip.score(pictures, captions))).toBeLessThan(1e-6);
    expect(new Set(scores).size).toBe(captions.length);
    const other = await scorerWith({ seed: 6 }).score(requestOf(0, captions.length));
    expect(largestDifference(scores, other.scores)).toBeGreaterThan(1e-3);
  });

  it('gives the same scores to the last bit however the captions are asked for', async () => {
    const { scores } = await scorerWith().score(requestOf(0, 7));
    const piecewise = scorerWith();
    const pieces = [
      await piecewise.score(requestOf(4, 7)),
      await piecewise.score(requestOf(0, 2)),
      await piecewise.score(requestOf(2, 4)),
    ];
    const [last, first, middle] = pieces.map((piece) => piece.scores);
    expect([...(first ?? []), ...(middle ?? []), ...(last ?? [])]).toEqual(scores);
    expect(made.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('does not depend on how many pictures are made at a time', async () => {
    const { scores } = await scorerWith().score(requestOf(0, 7));
    const wide = await openPipeline(host, { batch: 5 });
    const { scores: others } = await scorerWith({ pipeline: wide }).score(requestOf(0, 7));
    expect(largestDifference(scores, others)).toBeLessThan(1e-5);
    await wide.release();
  });

  it('computes no score twice', async () => {
    const cache = newStore();
    const { scores } = await scorerWith({ cache }).score(requestOf(0, 7));
    const again = scorerWith({ cache });
    expect(await again.score(requestOf(0, 7))).toEqual({ scores });
    expect(await again.score(requestOf(2, 5))).toEqual({ scores: scores.slice(2, 5) });
    expect(made).toEqual([]);
  });

  it('keeps scores of blocks on int8 by how many pictures were made at a time, and all others whatever that was', async () => {
    const keys: [string, string][] = [];
    const cache: ClipScorerParts['cache'] = {
      readImageScores: ({ architectureHash, scorerHash }) => {
        keys.push([architectureHash, scorerHash]);
        return [0, 1].map((captionIndex) => ({ captionIndex, seed: 5, score: 0.5 }));
      },
      putImageScores: () => undefined,
    };
    const quantized = quantizeBlock(original, 'mid_block.attentions.0');
    for (const batch of [3, 5]) {
      const settings = { ...pipeline.settings, batch };
      const scorer = scorerWith({
        cache,
        pipeline: { settings, generate: () => Promise.reject(new Error('nothing is left to make')) },
      });
      for (const architecture of [original, quantized]) await scorer.score(requestOf(0, 2, architecture));
    }
    const hashesOf = (architecture: Architecture): Set<string> =>
      new Set(keys.filter(([hash]) => hash === hashArchitecture(architecture)).map(([, scorer]) => scorer));
    expect(hashesOf(original)).toEqual(new Set(['scorer']));
    expect(hashesOf(quantized).size).toBe(2);
    expect(hashesOf(quantized)).not.toContain('scorer');
  });

  it('goes on after the batch that was stored last', async () => {
    const cache = newStore();
    const whole = scorerWith();
    const expected = await whole.score(requestOf(0, 7));
    const dying = scorerWith({
      cache: {
        readImageScores: (key) => cache.readImageScores(key),
        putImageScores: (key, scores) => {
          if (scores.some(({ captionIndex }) => captionIndex === 6)) throw new Error('killed');
          cache.putImageScores(key, scores);
        },
      },
    });
    await expect(dying.score(requestOf(0, 7))).rejects.toThrow('killed');
    expect(await scorerWith({ cache }).score(requestOf(0, 7))).toEqual(expected);
    expect(made).toEqual([6]);
  });

  it('takes a score from the cache whatever it is, of its own key alone', async () => {
    const cache = newStore();
    const key = {
      architectureHash: hashArchitecture(original),
      weightsHash: 'pretrained',
      scorerHash: 'scorer',
    };
    cache.putImageScores(key, [{ captionIndex: 1, seed: 5, score: 0.5 }]);
    cache.putImageScores(key, [{ captionIndex: 0, seed: 6, score: 0.5 }]);
    cache.putImageScores({ ...key, weightsHash: 'others' }, [{ captionIndex: 2, seed: 5, score: 0.5 }]);
    cache.putImageScores({ ...key, scorerHash: 'another' }, [{ captionIndex: 3, seed: 5, score: 0.5 }]);
    const { scores } = await scorerWith({ cache }).score(requestOf(0, 4));
    expect(scores.map((score) => score === 0.5)).toEqual([false, true, false, false]);
    const removed = removeBlock(original, 'mid_block.attentions.0');
    const other = await scorerWith({ cache }).score(requestOf(0, 4, removed));
    expect(other.scores).not.toContain(0.5);
    expect(largestDifference(other.scores.slice(2), scores.slice(2))).toBeGreaterThan(1e-6);
  });

  it('refuses scores that are no numbers, and keeps none of their batch', async () => {
    const cache = newStore();
    const broken = {
      score: (_: unknown, asked: readonly string[]) => Promise.resolve(asked.map(() => Number.NaN)),
    };
    await expect(scorerWith({ cache, clip: broken }).score(requestOf(0, 4))).rejects.toMatchObject({
      code: 'SCORE_NOT_FINITE',
      fault: 'user',
    });
    const { scores } = await scorerWith({ cache }).score(requestOf(0, 4));
    expect(scores.every(Number.isFinite)).toBe(true);
  });

  it('tells how many captions are scored', async () => {
    const told: number[] = [];
    await scorerWith({ onScored: (done) => told.push(done) }).score(requestOf(2, 7));
    expect(told).toEqual([1, 4, 5]);
  });

  it.each([
    [0, 8],
    [3, 3],
    [-1, 2],
  ])('refuses captions %d to %d of 7', async (from, to) => {
    const scoring = scorerWith().score(requestOf(from, to));
    await expect(scoring).rejects.toMatchObject({ code: 'SCORER_CAPTIONS' });
  });
});

describe('the hash of a scorer', () => {
  const settings = { batch: 4, steps: 20, guidanceScale: 3 };
  const identity = { pipeline: 'p', clip: 'c', captions: ['one', 'two'], settings };

  it('changes with everything that changes scores', () => {
    const variants = [
      identity,
      { ...identity, pipeline: 'q' },
      { ...identity, clip: 'd' },
      { ...identity, captions: ['one', 'three'] },
      { ...identity, captions: ['onetwo'] },
      { ...identity, sampler: 'ddpm' as const },
      ...[{ steps: 10 }, { guidanceScale: 4 }, { eta: 0.5 }, { height: 64 }].map((change) => ({
        ...identity,
        settings: { ...settings, ...change },
      })),
    ];
    expect(new Set(variants.map(hashScorer)).size).toBe(variants.length);
  });

  it('stays with what does not', () => {
    const changed = { ...identity, settings: { ...settings, batch: 8, unetSessions: 1, eta: 0 } };
    expect(hashScorer(changed)).toBe(hashScorer(identity));
  });
});
