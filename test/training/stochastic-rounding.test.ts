import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import { serializeModel } from '../../src/onnx/serialize-model.js';
import { parseDevice } from '../../src/runtime/device.js';
import { Session } from '../../src/runtime/session.js';
import { float32Tensor } from '../../src/runtime/tensor.js';
import { drawUniform } from '../../src/training/batch-draws.js';
import { ditherLength, roundStochastically } from '../../src/training/stochastic-rounding.js';
import { weightFormats } from '../../src/training/weight-format.js';

const count = 2 * ditherLength + 5;

/** Weights of all sizes, float16's subnormal ones too. */
const sizes = [3e-8, 1e-6, 5e-5, 6.1e-5, 1e-3, 0.02, 0.3, 0.999, 1, 1.7, 300];
const weights = Float32Array.from({ length: count }, (_, i) => {
  const size = sizes[i % sizes.length] ?? 1;
  const weight = size * (1 + 0.37 * Math.sin(i));
  // a third of them close above a power of two
  const placed = i % 3 === 0 ? 2 ** Math.floor(Math.log2(weight)) * (1 + 1e-4 * Math.cos(i) ** 2) : weight;
  return placed * (i % 2 === 0 ? 1 : -1);
});

describe.each(['float16', 'bfloat16'] as const)('rounding at random to %s', (name) => {
  const format = weightFormats[name];
  const nearest = (values: Float32Array): Float32Array => format.decode(format.encode(values));
  let session: Session;
  beforeAll(async () => {
    const g = new GraphBuilder();
    const x = g.input('x', { dtype: 'float32', shape: [count] });
    const dither = g.input('dither', { dtype: 'float32', shape: [ditherLength] });
    const rounded = roundStochastically(g, x, dither, format);
    session = await Session.create(serializeModel(g.build('rounding', [rounded])), parseDevice('cpu', 1));
  });
  afterAll(async () => {
    await session.release();
  });

  async function round(values: Float32Array, seed: number): Promise<Float32Array> {
    const dither = Float32Array.from(drawUniform(seed, 1, 'rounding', ditherLength));
    const outputs = await session.run({
      x: float32Tensor([count], values),
      dither: float32Tensor([ditherLength], dither),
    });
    return format.decode(Object.values(outputs)[0]?.data as Uint16Array);
  }

  /** Numbers of the format on either side: equal where the value is one. */
  function neighbours(value: number): [number, number] {
    const size = Math.abs(value);
    const [bits = 0] = format.encode(Float32Array.of(size)) as Uint16Array;
    const at = (pattern: number): number => format.decode(Uint16Array.of(pattern))[0] ?? Number.NaN;
    if (at(bits) === size) return [value, value];
    const [low, high] = at(bits) < size ? [at(bits), at(bits + 1)] : [at(bits - 1), at(bits)];
    return value < 0 ? [-high, -low] : [low, high];
  }

  it('gives one of the two numbers around', async () => {
    const rounded = await round(weights, 0);
    const strays = [...weights].filter((weight, i) => !neighbours(weight).includes(rounded[i] ?? Number.NaN));
    expect(strays).toEqual([]);
  });

  it('leaves numbers of the format as they are', async () => {
    const known = nearest(weights);
    expect([...(await round(known, 3))].filter((value, i) => value !== known[i])).toEqual([]);
  });

  it('is right on average, at every size', async () => {
    const draws = 200;
    const sums = new Float64Array(count);
    for (let seed = 0; seed < draws; seed += 1) {
      (await round(weights, seed)).forEach((value, i) => (sums[i] = (sums[i] ?? 0) + value));
    }
    for (const [k, size] of sizes.entries()) {
      const errors = [...weights].flatMap((weight, i) => {
        if (i % sizes.length !== k) return [];
        const [low, high] = neighbours(weight);
        // an unbiased draw between two numbers one apart deviates by at most a half
        return high === low ? [] : [((sums[i] ?? 0) / draws - weight) / (high - low)];
      });
      const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
      expect(Math.abs(mean), `around ${size}`).toBeLessThan((5 * 0.5) / Math.sqrt(errors.length * draws));
    }
  });

  it('lets steps add up that rounding to nearest would lose', async () => {
    let weight: Float32Array = new Float32Array(count).fill(0.5);
    expect(nearest(weight.map((value) => value + 2e-5))).toEqual(weight);
    for (let step = 0; step < 100; step += 1) {
      weight = await round(
        weight.map((value) => value + 2e-5),
        step,
      );
    }
    const mean = weight.reduce((sum, value) => sum + value, 0) / count;
    expect(Math.abs(mean - 0.502)).toBeLessThan(2e-4);
  });
});
