import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calibrate, type SummedNetwork } from '../../src/latency/calibration.js';
import { calibrationErrors } from '../../src/latency/table-error.js';

const originalMs = 100;

/** Savings as shares of the original, by the table. */
const savedShares = fc.array(fc.double({ min: 0.05, max: 0.6, noNaN: true }), {
  minLength: 2,
  maxLength: 8,
});

const network = (savedMs: number, measuredMs: number): SummedNetwork => ({
  architectureHash: `${savedMs} ${measuredMs}`,
  sumMs: originalMs - savedMs,
  measuredMs,
});

/** Networks of a device on which costs are the table's times a factor, each measured too long by some share. */
const networksOf = (shares: readonly number[], factor: number, offBy: readonly number[]): SummedNetwork[] =>
  shares.map((share, index) =>
    network(
      originalMs * share,
      (originalMs - factor * originalMs * share) * (1 + (offBy[index % offBy.length] ?? 0)),
    ),
  );

describe('a calibration', () => {
  test('finds the factor that costs are off by, and leaves no error then', () => {
    fc.assert(
      fc.property(savedShares, fc.double({ min: 0.6, max: 1.5, noNaN: true }), (shares, factor) => {
        const found = calibrate(originalMs, networksOf(shares, factor, [0]));
        expect(found.factor).toBeCloseTo(factor, 6);
        const { before, after } = calibrationErrors(found);
        expect(after?.meanAbsoluteShare).toBeCloseTo(0, 6);
        expect(Math.sign(before?.meanShare ?? 0)).toBe(
          Math.abs(factor - 1) < 1e-12 ? 0 : Math.sign(factor - 1),
        );
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
        const { factor } = calibrate(
          originalMs,
          measured.map(({ sumMs, measuredMs }) => network(originalMs - sumMs, measuredMs)),
        );
        expect(factor).toBeGreaterThanOrEqual(0.5);
        expect(factor).toBeLessThanOrEqual(2);
      }),
    );
  });

  test('predicts each network by what the others alone give', () => {
    const noise = fc.array(fc.double({ min: -0.1, max: 0.1, noNaN: true }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(savedShares, noise, (shares, offBy) => {
        const networks = networksOf(shares, 0.9, offBy);
        const { networks: predicted } = calibrate(originalMs, networks);
        for (const [index, { sumMs, predictedMs }] of predicted.entries()) {
          const { factor } = calibrate(originalMs, networks.toSpliced(index, 1));
          expect(predictedMs).toBeCloseTo(originalMs - factor * (originalMs - sumMs), 9);
        }
      }),
    );
  });

  test('of one network says that nothing is known of its error but the sum’s own', () => {
    const { factor, networks } = calibrate(originalMs, [network(40, 64)]);
    expect(factor).toBeCloseTo(0.9);
    expect(networks[0]?.predictedMs).toBe(60);
  });

  test('changes nothing where no network saves anything', () => {
    expect(calibrate(originalMs, [])).toEqual({ factor: 1, networks: [] });
    expect(calibrate(originalMs, [network(0, 98)]).factor).toBe(1);
  });

  test('is thrown off by less than its worst network', () => {
    const offBy = [0.05, 0, 0, 0, 0];
    const { factor } = calibrate(originalMs, networksOf([0.2, 0.3, 0.4, 0.5, 0.6], 1, offBy));
    expect(Math.abs(factor - 1)).toBeLessThan(0.05);
  });
});
