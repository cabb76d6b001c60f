import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { channelScales, quantizeChannels } from '../../src/graph/quantize-channels.js';

const finite = fc.float({ noNaN: true, noDefaultInfinity: true });

/** Weights of some output channels, of magnitudes as far apart as float32 has. */
const weights = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 6 }))
  .chain(([channels, inner]) =>
    fc
      .array(finite, { minLength: channels * inner, maxLength: channels * inner })
      .map((elements) => ({ channels, inner, elements: Float32Array.from(elements) })),
  );

describe('weights of 8 bits', () => {
  it('are within half a scale of what they were', () => {
    fc.assert(
      fc.property(weights, ({ channels, inner, elements }) => {
        const { codes, scales } = quantizeChannels(elements, channels, { name: 'w' });
        for (const [index, element] of elements.entries()) {
          const scale = scales[Math.floor(index / inner)] ?? Number.NaN;
          const error = Math.abs(element - (codes[index] ?? 0) * scale);
          expect(error).toBeLessThanOrEqual((scale / 2) * (1 + 1e-5));
        }
      }),
    );
  });

  it('use all codes of a channel but -128, whatever the others hold', () => {
    const elements = Float32Array.of(-2, 1, 0, 1e-3, 5e-4, -1e-3);
    const { codes, scales } = quantizeChannels(elements, 2, { name: 'w' });
    expect([...codes]).toEqual([-127, 64, 0, 127, 64, -127]);
    expect([...scales]).toEqual([2 / 127, 1e-3 / 127].map(Math.fround));
  });

  it('have channels last where a product’s second factor has', () => {
    fc.assert(
      fc.property(weights, ({ channels, inner, elements }) => {
        const turned = elements.map(
          (_, i) => elements[(i % channels) * inner + Math.floor(i / channels)] ?? 0,
        );
        const first = quantizeChannels(elements, channels, { name: 'w' });
        const last = quantizeChannels(turned, channels, { name: 'w', channelsLast: true });
        expect(last.scales).toEqual(first.scales);
        expect(channelScales(turned, channels, { name: 'w', channelsLast: true })).toEqual(first.scales);
        expect([...last.codes]).toEqual(
          [...turned.keys()].map((i) => first.codes[(i % channels) * inner + Math.floor(i / channels)]),
        );
      }),
    );
  });

  it('are zeros of scale 1 in a channel of zeros', () => {
    const { codes, scales } = quantizeChannels(Float32Array.of(0, -0, 3, 3), 2, { name: 'w' });
    expect([...codes]).toEqual([0, 0, 127, 127]);
    expect(scales[0]).toBe(1);
  });

  it('are refused where weights are no finite numbers', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => quantizeChannels(Float32Array.of(1, bad), 1, { name: 'w' })).toThrow(
        expect.objectContaining({ code: 'QUANTIZE_NOT_FINITE' }),
      );
    }
  });
});
