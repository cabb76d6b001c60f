import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calibrate, type WholeNetwork } from '../../src/latency/calibration.js';
import { calibrationErrors } from '../../src/latency/table-error.js';

const originalMs = 100;

/** Savings by the table, as shares of the original. */
const savedShares = fc.array(fc.double({ min: 0.05, max: 0.6, noNaN: true }), {
  minLength: 2,
  maxLength: 8,
});
const noise = fc.array(fc.double({ min: -0.1, max: 0.1, noNaN: true }), { minLength: 1, maxLength: 8 });

/** Networks of a device on which costs are the table's times a factor, each measured too long by some share. */
const networksOf = (shares: readonly number[], factor: number, offBy: readonly number[]): WholeNetwork[] =>
  shares.map((share, index) => ({
    architectureHash: `${index}`,
    measuredMs: originalMs * (1 - factor * share) * (1 + (offBy[index % offBy.length] ?? 0)),
  }));

const inside = (shares: readonly number[]) =>
  ({ method: 'in-network', sumsMs: shares.map((share) => originalMs * (1 - share)) }) as const;
const alone = (shares: readonly number[]) => ({ ...inside(shares), method: 'isolated' }) as const;

const shares = [0.2, 0.3, 0.4, 0.5];
const wrongShares = [0.3, 0.25, 0.5, 0.4];

describe('a calibration', () => {
  test('finds the factor that costs are off by, and leaves no error then', () => {
    fc.assert(
      fc.property(savedShares, fc.double({ min: 0.6, max: 1.5, noNaN: true }), (saved, factor) => {
        const found = calibrate(originalMs, networksOf(saved, factor, [0]), [inside(saved)]);
        expect(found.factor).toBeCloseTo(factor, 6);
        const { before, after } = calibrationErrors(found);
        expect(after?.meanAbsoluteShare).toBeCloseTo(0, 6);
        const bias = before?.meanShare ?? 0;
        if (Math.abs(factor - 1) > 1e-6) expect(Math.sign(bias)).toBe(Math.sign(factor - 1));
      }),
    );
  });

  test('makes no cost negative, whatever was measured', () => {
    const anything = fc.record({
      sumMs: fc.double({ min: -50, max: 200, noNaN: true }),
      measuredMs: fc.double({ min: 0.1, max: 1000, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 6 }), (measured) => {
        const networks = measured.map(({ measuredMs }) => ({ architectureHash: 'a', measuredMs }));
        const sumsMs = measured.map(({ sumMs }) => sumMs);
        const { factor } = calibrate(originalMs, networks, [{ method: 'in-network', sumsMs }]);
        expect(factor).toBeGreaterThanOrEqual(0.2);
        expect(factor).toBeLessThanOrEqual(5);
      }),
    );
  });

  test('predicts each network by what the others alone lead to', () => {
    fc.assert(
      fc.property(savedShares, savedShares, noise, (saved, other, offBy) => {
        const networks = networksOf(saved, 0.9, offBy);
        const otherwise = saved.map((_, index) => other[index % other.length] ?? 0);
        const without = (index: number): ReturnType<typeof calibrate> => {
          const left = [saved, otherwise].map((each) => each.toSpliced(index, 1));
          return calibrate(originalMs, networks.toSpliced(index, 1), [
            inside(left[0] ?? []),
            alone(left[1] ?? []),
          ]);
        };
        const { networks: predicted } = calibrate(originalMs, networks, [inside(saved), alone(otherwise)]);
        for (const [index, { predictedMs, sumMs }] of predicted.entries()) {
          const { factor, method } = without(index);
          const share = (method === 'in-network' ? saved : otherwise)[index] ?? 0;
          expect(predictedMs).toBeCloseTo(originalMs * (1 - factor * share), 9);
          expect(sumMs).toBeCloseTo(originalMs * (1 - (saved[index] ?? 0)), 9);
        }
      }),
    );
  });

  test('takes costs from the other way of measuring only where it fits clearly better', () => {
    const networks = networksOf(shares, 0.5, [0]);
    expect(calibrate(originalMs, networks, [inside(shares), alone(wrongShares)])).toMatchObject({
      method: 'in-network',
      factor: expect.closeTo(0.5) as number,
    });
    const double = shares.map((share) => share / 2);
    expect(calibrate(originalMs, networks, [inside(wrongShares), alone(double)])).toMatchObject({
      method: 'isolated',
      factor: expect.closeTo(1) as number,
    });
    const noisy = networksOf(shares, 0.5, [0.02, -0.02, 0.01, -0.01]);
    const barely = [0.195, 0.305, 0.398, 0.502];
    expect(calibrate(originalMs, noisy, [inside(shares), alone(barely)]).method).toBe('in-network');
  });

  test('of one network says that nothing is known of its error but the sum’s own', () => {
    const { factor, networks } = calibrate(originalMs, networksOf([0.4], 0.9, [0]), [inside([0.4])]);
    expect(factor).toBeCloseTo(0.9);
    expect(networks[0]?.predictedMs).toBe(60);
  });

  test('changes nothing where no network saves anything', () => {
    expect(calibrate(originalMs, [], [inside([])])).toEqual({
      method: 'in-network',
      factor: 1,
      networks: [],
    });
    expect(calibrate(originalMs, networksOf([0], 1, [0.02]), [inside([0])]).factor).toBe(1);
  });

  test('is thrown off by less than its worst network', () => {
    const { factor } = calibrate(originalMs, networksOf(shares, 1, [0.05, 0, 0, 0]), [inside(shares)]);
    expect(Math.abs(factor - 1)).toBeLessThan(0.05);
  });
});
