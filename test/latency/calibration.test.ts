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

  test('predicts each network by what the others alone lead to, or else by costs as measured', () => {
    /** Least squares of what shares saved by the table foretell of shares saved, of what is measured, within the bounds of a factor. */
    const factorOf = (saved: readonly number[], networks: readonly WholeNetwork[]): number => {
      const sum = (term: (table: number, measured: number) => number): number =>
        networks.reduce((total, { measuredMs }, i) => {
          return total + term((originalMs * (saved[i] ?? 0)) / measuredMs, originalMs / measuredMs - 1);
        }, 0);
      return Math.min(
        5,
        Math.max(0.2, sum((table, measured) => table * measured) / sum((table) => table ** 2)),
      );
    };
    let helped = 0;
    fc.assert(
      fc.property(savedShares, noise, (saved, offBy) => {
        const networks = networksOf(saved, 0.8, offBy);
        const found = calibrate(originalMs, networks, [inside(saved)]);
        if (found.factor !== 1) helped += 1;
        for (const [index, { predictedMs, sumMs }] of found.networks.entries()) {
          const others = factorOf(saved.toSpliced(index, 1), networks.toSpliced(index, 1));
          const factor = found.factor === 1 ? 1 : others;
          expect(predictedMs).toBeCloseTo(originalMs * (1 - factor * (saved[index] ?? 0)), 7);
          expect(sumMs).toBeCloseTo(originalMs * (1 - (saved[index] ?? 0)), 7);
        }
        const { before, after } = calibrationErrors(found);
        expect(after?.meanAbsoluteShare).toBeLessThanOrEqual((before?.meanAbsoluteShare ?? 0) + 1e-9);
      }),
      { examples: [[[0.05000000160000046, 0.05], [0.03125000052083327]]] },
    );
    expect(helped).toBeGreaterThan(10);
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

  test('by one network, which nothing speaks for, leaves costs as they are', () => {
    const { factor, networks } = calibrate(originalMs, networksOf([0.4], 0.9, [0]), [inside([0.4])]);
    expect(factor).toBe(1);
    expect(networks[0]?.predictedMs).toBe(60);
  });

  test.each([
    ['one was measured far too slow', [90, 72, 55, 75]],
    ['nothing that was measured makes sense', [97, 95, 90, 96]],
  ])('leaves the costs of a good table as they are where %s', (_, measured) => {
    const networks = measured.map((measuredMs, index) => ({ architectureHash: `${index}`, measuredMs }));
    const sums = { method: 'in-network', sumsMs: [90, 72, 55, 40] } as const;
    const { factor, networks: held } = calibrate(originalMs, networks, [sums]);
    expect(factor).toBe(1);
    expect(held.map(({ predictedMs }) => predictedMs)).toEqual([90, 72, 55, 40]);
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
    const { factor } = calibrate(originalMs, networksOf(shares, 0.8, [0.05, 0, 0, 0]), [inside(shares)]);
    expect(factor).not.toBe(1);
    expect(Math.abs(factor / 0.8 - 1)).toBeLessThan(0.05);
  });
});
