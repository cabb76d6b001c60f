import { describe, expect, it } from 'vitest';
import { frontierSeries } from '../../src/report/frontier-series.js';
import { scoreRange } from '../../src/report/score-range.js';
import type { ArchitectureRecord } from '../../src/store/search-records.js';
import { run, syntheticSearch } from './synthetic-run.js';

const { architectures, rounds } = syntheticSearch(3);
const series = frontierSeries(run, architectures, rounds);

describe('frontierSeries', () => {
  it('has every architecture tried as a point, in the order tried', () => {
    expect(series.points.map(({ hash }) => hash)).toEqual(architectures.map(({ hash }) => hash));
    expect(series.omittedCount).toBe(0);
  });

  it('follows the search from the original to the final architecture', () => {
    const steps = series.path.map(({ role, round }) => `${role} ${round}`);
    expect(steps).toEqual(['original 0', 'current 1', 'current 2', 'current 3', 'final 3']);
    expect(series.original?.hash).toBe('hash-original-0-0');
    expect(series.final?.hash).toBe('hash-final-3-0');
    expect(series.budgetMs).toBe(24.3);
  });

  it('does not depend on the order of rounds in the store', () => {
    expect(frontierSeries(run, [...architectures].reverse(), rounds).path).toEqual(series.path);
  });

  it('prefers the measured latency and says which are predicted', () => {
    const candidate = architectures.find(({ role }) => role === 'candidate') as ArchitectureRecord;
    const measured = { ...candidate, measuredLatencyMs: { value: 30, low: 29, high: 31 } };
    const [predictedPoint, measuredPoint] = frontierSeries(run, [candidate, measured], rounds).points;
    const predictedMs = candidate.predictedLatencyMs ?? 0;
    const certain = { value: predictedMs, low: predictedMs, high: predictedMs };
    expect(predictedPoint).toMatchObject({ isPredicted: true, latencyMs: certain });
    expect(measuredPoint).toMatchObject({ isPredicted: false, latencyMs: { value: 30, low: 29, high: 31 } });
  });

  it('leaves out, and counts, what has no score or no latency yet', () => {
    const [first, second] = architectures;
    const incomplete = [
      { ...first, clipScore: null },
      { ...second, measuredLatencyMs: null, predictedLatencyMs: null },
    ] as ArchitectureRecord[];
    const partial = frontierSeries(run, [...incomplete, ...architectures], rounds);
    expect(partial.points).toEqual(series.points);
    expect(partial.omittedCount).toBe(2);
  });

  it('has a front that nothing beats that the search stood on', () => {
    for (const { latencyMs, clipScore } of series.path.filter(({ isPredicted }) => !isPredicted)) {
      const beaten = series.front.filter(
        (other) => latencyMs.value < other.latencyMs.value && clipScore.value >= other.clipScore.value,
      );
      expect(beaten).toEqual([]);
    }
    expect(series.front.length).toBeGreaterThan(0);
    expect(series.front.filter(({ isPredicted }) => isPredicted)).toEqual([]);
  });

  it('has no candidate on its front, however lucky', () => {
    const lucky = {
      ...architectures[0],
      role: 'candidate',
      hash: 'lucky',
      clipScore: { value: 9, low: 9, high: 9 },
    };
    const { front } = frontierSeries(
      run,
      [...architectures, lucky as (typeof architectures)[number]],
      rounds,
    );
    expect(front.map(({ hash }) => hash)).not.toContain('lucky');
  });

  it('of a run that has not begun is empty', () => {
    const empty = frontierSeries(run, [], []);
    expect(empty).toMatchObject({
      points: [],
      path: [],
      front: [],
      original: null,
      final: null,
      budgetMs: null,
    });
  });
});

describe('scoreRange', () => {
  it('shows the path, the front and their intervals whole', () => {
    const { min, max } = scoreRange(series);
    for (const { clipScore } of [...series.path, ...series.front]) {
      expect(clipScore.low).toBeGreaterThan(min);
      expect(clipScore.high).toBeLessThan(max);
    }
  });

  it('leaves disasters below the axis and names them', () => {
    const [first] = architectures.filter(({ role }) => role === 'candidate') as [ArchitectureRecord];
    const disaster = { ...first, hash: 'disaster', clipScore: { value: -2, low: -3, high: -1 } };
    const range = scoreRange(frontierSeries(run, [...architectures, disaster], rounds));
    expect(range.min).toBe(scoreRange(series).min);
    expect(range.below.map(({ hash }) => hash)).toContain('disaster');
    for (const { clipScore } of range.below) expect(clipScore.value).toBeLessThan(range.min);
  });

  it('is a range even of one point without an interval', () => {
    const [first] = architectures as [ArchitectureRecord];
    const certain = { ...first, clipScore: { value: 0.25, low: 0.25, high: 0.25 } };
    const { min, max, below } = scoreRange(frontierSeries(run, [certain], []));
    expect(min).toBeLessThan(0.25);
    expect(max).toBeGreaterThan(0.25);
    expect(below).toEqual([]);
  });
});
