import { describe, expect, it } from 'vitest';
import { bootstrapMean } from '../../src/search/bootstrap.js';
import { hashedGenerator } from '../../src/random/hashed-generator.js';
import { normalPair } from '../../src/random/normal-pair.js';
import { boundWorstLoss } from '../../src/search/worst-loss.js';

const losses = Array.from({ length: 64 }, (_, i) => 0.02 + 0.05 * Math.sin(2.4 * i));
const of = (values: readonly number[]) => bootstrapMean(values, { seed: 0, round: 1 });
const fullPass = { captionCount: 64, tail: 0.001 };

describe('the worst loss', () => {
  it('is the upper end of the interval once all captions are scored', () => {
    const { high } = of(losses);
    expect(boundWorstLoss(losses, of(losses), fullPass)).toEqual({ low: high, high });
  });

  it('is foretold by bounds that hold it, the closer the more captions are scored', () => {
    const { high } = of(losses);
    const widths = [8, 16, 32, 63].map((count) => {
      const scored = losses.slice(0, count);
      const bounds = boundWorstLoss(scored, of(scored), fullPass);
      expect(bounds.low).toBeLessThan(high + 0.001);
      expect(bounds.high).toBeGreaterThan(high - 0.001);
      return bounds.high - bounds.low;
    });
    expect(widths).toEqual(widths.toSorted((one, other) => other - one));
  });

  it('fails not much oftener than told, of skewed losses, too', () => {
    const draws = 400;
    const tail = 0.02;
    let [below, above] = [0, 0];
    for (let draw = 0; draw < draws; draw += 1) {
      const random = hashedGenerator(`skewed ${draw}`);
      const skewed = Array.from({ length: 64 }, () => 0.02 * Math.exp(normalPair(random)[0] / 2));
      const { high } = of(skewed);
      const scored = skewed.slice(0, 16);
      const bounds = boundWorstLoss(scored, of(scored), { captionCount: 64, tail });
      below += Number(high < bounds.low);
      above += Number(high > bounds.high);
    }
    expect(below / draws).toBeLessThan(0.05);
    expect(above / draws).toBeLessThan(0.12);
    expect(above).toBeGreaterThan(0);
  });
});
