import { describe, expect, it } from 'vitest';
import type { ModelCosts } from '../../../src/cli/comparison/model-costs.js';
import { createStyles } from '../../../src/cli/terminal/styles.js';
import { reportComparison } from '../../../src/cli/views/comparison-report.js';
import { formatComparisonReport } from '../../../src/cli/views/comparison-view.js';
import { latencyWarnings } from '../../../src/latency/latency-warning.js';
import { comparedCosts, comparedPoints, costs } from './compared.js';

const comparison = { costs: comparedCosts, points: comparedPoints };
const report = reportComparison(comparison);

describe('the report of a comparison', () => {
  it('says how many times faster each model is than the first', () => {
    const [speedUp, ...others] = report.speedUps;
    expect(others).toEqual([]);
    expect(speedUp).toMatchObject({ model: 'student, 8 steps', against: 'original, 50 steps' });
    expect(speedUp?.measured.value).toBeCloseTo(10408 / 1708, 9);
    expect(speedUp?.ofSums.value).toBeCloseTo(10408 / 1708, 9);
  });

  it('names what models share once among the warnings', () => {
    const shared = [
      costs('original, 50 steps', 50, 400, ['drift']),
      costs('original, 8 steps', 8, 400, ['drift']),
    ];
    const { warnings } = reportComparison({ costs: shared, points: [] });
    expect(warnings).toEqual([{ warning: 'drift', measurements: ['decoder of original, 50 steps'] }]);
  });

  it('counts blocks on int8 where a model has some', () => {
    const styles = createStyles(false);
    const [first, second] = comparison.costs;
    if (first === undefined || second === undefined) throw new Error('expected two models');
    const told = (costsOf: readonly ModelCosts[]): string =>
      formatComparisonReport(reportComparison({ costs: costsOf, points: [] }), styles);
    expect(told([first, { ...second, int8Blocks: 5 }])).toMatch(/^UNet, blocks on int8 +0 +5 +-$/m);
    expect(told([first, second])).not.toContain('int8');
  });

  it('is JSON that reads back', () => {
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('has nothing to say of no models', () => {
    expect(reportComparison({ costs: [], points: [] }).speedUps).toEqual([]);
  });
});

describe('a comparison on the terminal', () => {
  const lines = formatComparisonReport(report, createStyles(false)).split('\n');

  it('has the paper’s table, a column a model', () => {
    const cells = lines.map((line) => line.split(/ {2,}/));
    expect(cells.slice(0, 9)).toEqual([
      ['', 'original, 50 steps', 'student, 8 steps', 'first to last'],
      ['text encoder, ms x runs', '4.00 [4.00, 4.00] x 2', '4.00 [4.00, 4.00] x 2', '0%'],
      ['UNet, ms x runs', '200 [200, 200] x 50', '200 [200, 200] x 8', '−84%'],
      ['decoder, ms x runs', '400 [400, 400] x 1', '100 [100, 100] x 1', '−75%'],
      ['sum of the parts, ms', '10408 [10408, 10408]', '1708 [1708, 1708]', '−84%'],
      ['whole picture, ms', '11449 [11449, 11449]', '1879 [1879, 1879]', '−84%'],
      ['text encoder, parameters M', '123', '123', '0%'],
      ['UNet, parameters M', '860', '860', '0%'],
      ['decoder, parameters M', '50.0', '50.0', '0%'],
    ]);
  });

  it('tells of sums, speed and warnings below', () => {
    expect(lines).toContain('student, 8 steps: whole pictures took 10.0% more than the sum of the parts');
    expect(
      lines.some((line) => line.startsWith('student, 8 steps: 6.09 [6.09, 6.09] times faster than')),
    ).toBe(true);
    expect(lines).toContain(`unstable (decoder of student, 8 steps): ${latencyWarnings.unstable}`);
  });

  it('has a line a point, with the change where there is one', () => {
    const points = lines.slice(-2).map((line) => line.trim().split(/ {2,}/));
    expect(points).toEqual([
      ['7.5', 'original, 50 steps', '0.3000 [0.2900, 0.3100]', '-', '1.500'],
      ['7.5', 'student, 8 steps', '0.2800 [0.2700, 0.2900]', '-0.0200 [-0.0250, -0.0150]', '2.000'],
    ]);
  });
});
