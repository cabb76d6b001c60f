import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, test } from 'vitest';
import { medianInterval } from '../../src/latency/latency-statistics.js';
import {
  measureInterleaved,
  type Measurement,
  type ProtocolSettings,
} from '../../src/latency/measuring-protocol.js';
import { measurePaired } from '../../src/latency/paired-protocol.js';
import { protocol, SimulatedMachine, skewedNoise, type Behaviour } from './simulated-machine.js';

async function measure<Subject>(
  subjects: readonly Subject[],
  behaviour: Behaviour<Subject>,
  settings: Partial<ProtocolSettings> = {},
  seed = 1,
): Promise<{ machine: SimulatedMachine<Subject>; results: Measurement[] }> {
  const machine = new SimulatedMachine(behaviour);
  const seams = { clock: machine.clock, random: xoroshiro128plus(seed) };
  const results = await measureInterleaved(subjects, machine, { ...protocol, ...settings }, seams);
  return { machine, results };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('warming up', () => {
  test('goes on until runs get no faster, and leaves those runs out', async () => {
    const { results } = await measure(['a', 'b'], ({ subject, earlierRuns }) =>
      subject === 'a' ? 10 + 90 * 0.5 ** earlierRuns : 5,
    );
    const [slow, fast] = results;
    expect(Math.max(...(slow?.samplesMs ?? []))).toBeLessThan(12);
    expect(slow?.warnings).not.toContain('not-warmed-up');
    expect(fast).toEqual({
      samplesMs: Array(10).fill(5),
      medianMs: { value: 5, low: 5, high: 5 },
      warnings: [],
    });
  });

  test('is given up after a number of runs, which is said', async () => {
    const behaviour: Behaviour<string> = ({ earlierRuns }) => 1_000 * 0.8 ** Math.min(earlierRuns, 100);
    const { results } = await measure(['a'], behaviour, { maxWarmUps: 5 });
    expect(results[0]?.warnings).toContain('not-warmed-up');
  });
});

describe('sampling', () => {
  test('takes few samples where there is little noise, and more where there is much', async () => {
    const noises = { calm: skewedNoise(1, 0.005), noisy: skewedNoise(2, 0.08) };
    const subjects = ['calm', 'noisy'] as const;
    const { results } = await measure(subjects, ({ subject }) => 10 * noises[subject]());
    const [calm, noisy] = results;
    expect(calm?.samplesMs).toHaveLength(protocol.minSamples);
    expect(noisy?.samplesMs.length).toBeGreaterThan(50);
    for (const each of results) expect(each.warnings).not.toContain('unstable');
  });

  test('says so when time runs out first, after the fewest samples all the same', async () => {
    const noise = skewedNoise(5, 0.5);
    const { results } = await measure(['a', 'b'], () => 10 * noise(), { timeLimitMs: 1 });
    for (const { samplesMs, warnings } of results) {
      expect(samplesMs).toHaveLength(protocol.minSamples);
      expect(warnings).toContain('unstable');
    }
  });

  test('stops at the most samples', async () => {
    const noise = skewedNoise(5, 0.5);
    const { results } = await measure(['a'], () => 10 * noise(), { maxSamples: 20 });
    expect(results[0]?.samplesMs).toHaveLength(20);
    expect(results[0]?.warnings).toContain('unstable');
  });

  test('keeps outliers and flags them', async () => {
    const { results } = await measure(['a'], ({ earlierRuns }) => (earlierRuns === 9 ? 500 : 10));
    expect(results[0]?.samplesMs).toContain(500);
    expect(results[0]?.medianMs.value).toBe(10);
    expect(results[0]?.warnings).toContain('outliers');
  });

  test('tells of each subject as soon as it is done', async () => {
    const noise = skewedNoise(5, 0.2);
    const machine = new SimulatedMachine<string>(({ subject }) => (subject === 'calm' ? 10 : 10 * noise()));
    const told: [string, number][] = [];
    const seams = { clock: machine.clock, random: xoroshiro128plus(1) };
    await measureInterleaved(['noisy', 'calm'], machine, protocol, seams, {
      onMeasured: (subject, { samplesMs }) => {
        told.push([subject, samplesMs.length]);
      },
    });
    expect(told.map(([subject]) => subject)).toEqual(['calm', 'noisy']);
    expect(told[0]?.[1]).toBe(protocol.minSamples);
  });

  test('goes on with all of a set until the last of it is done', async () => {
    const noise = skewedNoise(5, 0.2);
    const machine = new SimulatedMachine<string>(({ subject }) => (subject === 'noisy' ? 10 * noise() : 10));
    const seams = { clock: machine.clock, random: xoroshiro128plus(1) };
    const told: string[] = [];
    const subjects = ['calm', 'noisy', 'alone'];
    const results = await measureInterleaved(subjects, machine, protocol, seams, {
      setOf: (subject) => (subject === 'alone' ? undefined : 'set'),
      onMeasured: (subject) => void told.push(subject),
    });
    const [calm, noisy, alone] = results.map(({ samplesMs }) => samplesMs.length);
    expect(alone).toBe(protocol.minSamples);
    expect(noisy).toBeGreaterThan(protocol.minSamples);
    expect(calm).toBe(noisy);
    expect(told).toEqual(['alone', 'calm', 'noisy']);
  });

  test('runs a reference once a round until the last subject is done', async () => {
    const noise = skewedNoise(5, 0.2);
    const machine = new SimulatedMachine<string>(({ subject }) => (subject === 'noisy' ? 10 * noise() : 10));
    const seams = { clock: machine.clock, random: xoroshiro128plus(1) };
    const told = new Map<string, number>();
    const results = await measureInterleaved(['noisy', 'calm'], machine, protocol, seams, {
      reference: 'reference',
      onMeasured: (subject, _, referenceMs) => void told.set(subject, referenceMs.length),
    });
    expect(results).toHaveLength(2);
    expect(told.get('calm')).toBe(results[1]?.samplesMs.length);
    expect(told.get('noisy')).toBe(results[0]?.samplesMs.length);
    expect(told.get('noisy')).toBeGreaterThan(told.get('calm') ?? Infinity);
  });

  test.each([Number.NaN, -1, 0, Infinity])('refuses a time of %d ms', async (ms) => {
    await expect(measure(['a'], () => ms)).rejects.toMatchObject({ code: 'LATENCY_TIME_INVALID' });
  });

  test('of nothing is nothing', async () => {
    expect((await measure([], () => 1)).results).toEqual([]);
  });

  test('looks at its interval often, and it still holds the median 9 times of 10', async () => {
    const trials = 300;
    let hits = 0;
    for (let seed = 0; seed < trials; seed += 1) {
      const noise = skewedNoise(seed, 0.1);
      const { results } = await measure(['a'], () => 10 * noise(), { intervalShare: 0.05 });
      const { low = 0, high = 0 } = results[0]?.medianMs ?? {};
      hits += Number(low <= 10 && 10 <= high);
    }
    expect(hits / trials).toBeGreaterThan(0.9);
  });
});

describe('interleaving', () => {
  test('runs each subject once a round, in orders that the seed decides', async () => {
    const subjects = ['a', 'b', 'c', 'd'];
    const rounds = async (seed: number): Promise<string[]> => {
      const { machine } = await measure(subjects, () => 10, {}, seed);
      return machine.runs.flatMap((_, index, runs) =>
        index % 4 === 0 ? [runs.slice(index, index + 4).join('')] : [],
      );
    };
    const first = await rounds(1);
    for (const round of first) expect(Array.from(round).toSorted().join('')).toBe('abcd');
    expect(new Set(first).size).toBeGreaterThan(5);
    expect(await rounds(1)).toEqual(first);
    expect(await rounds(2)).not.toEqual(first);
  });

  test('spreads what a neighbour leaves behind over all subjects', async () => {
    // whatever runs after the hog is half as slow again
    const behaviour: Behaviour<string> = ({ previous }) => (previous === 'hog' ? 15 : 10);
    const settings = { minSamples: 200, maxSamples: 200 };
    const { results } = await measure(['hog', 'a', 'b', 'c'], behaviour, settings);
    const means = results.slice(1).map(({ samplesMs }) => mean(samplesMs));
    expect(Math.max(...means) / Math.min(...means)).toBeLessThan(1.08);
    for (const each of means) expect(each).toBeGreaterThan(10.5);
  });

  test('lets a slow drift fall on all subjects alike, where one after the other would not', async () => {
    const drifting: Behaviour<string> = ({ atMs }) => 10 * (1 + atMs / 40_000);
    const settings = { minSamples: 100, maxSamples: 100 };
    const subjects = ['a', 'b', 'c', 'd'];
    const spread = (results: readonly Measurement[]): number => {
      const medians = results.map(({ medianMs }) => medianMs.value);
      return Math.max(...medians) / Math.min(...medians);
    };
    const machine = new SimulatedMachine(drifting);
    const seams = { clock: machine.clock, random: xoroshiro128plus(1) };
    const oneByOne: Measurement[] = [];
    for (const subject of subjects) {
      oneByOne.push(...(await measureInterleaved([subject], machine, { ...protocol, ...settings }, seams)));
    }
    const { results } = await measure(subjects, drifting, settings);
    expect(spread(results)).toBeLessThan(1.005);
    expect(spread(oneByOne)).toBeGreaterThan(1.05);
    for (const { warnings } of results) expect(warnings).toContain('drift');
  });
});

describe('measuring in pairs', () => {
  const paired = (behaviour: Behaviour<string>, settings: Partial<ProtocolSettings> = {}) => {
    const machine = new SimulatedMachine(behaviour);
    const seams = { clock: machine.clock, random: xoroshiro128plus(1) };
    return measurePaired('small', 'reference', machine, { ...protocol, ...settings }, seams);
  };

  test('finds the ratio on a machine that slows down to half its speed', async () => {
    const noise = skewedNoise(4, 0.03);
    const { ratio, ratios, subject, reference } = await paired(
      ({ subject: which, atMs }) => (which === 'small' ? 6 : 10) * (atMs > 300 ? 2 : 1) * noise(),
      { minSamples: 60 },
    );
    expect(ratio.low).toBeLessThanOrEqual(0.6);
    expect(ratio.high).toBeGreaterThanOrEqual(0.6);
    expect(ratio.high - ratio.low).toBeLessThan(0.03 * 0.6);
    expect(medianInterval(ratios)).toEqual(ratio);
    expect(subject.samplesMs).toHaveLength(reference.samplesMs.length);
    expect(reference.warnings).toContain('drift');
    expect(subject.warnings).not.toContain('drift');
  });

  test('says so when the ratio is not known in time', async () => {
    const noise = skewedNoise(4, 0.5);
    const { subject } = await paired(() => 10 * noise(), { timeLimitMs: 1 });
    expect(subject.warnings).toContain('unstable');
    expect(subject.samplesMs).toHaveLength(protocol.minSamples);
  });
});
