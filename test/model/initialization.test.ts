import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { startAtOnes, startAtZeros, startNormal, startUniform } from '../../src/model/initialization.js';
import { initializeParameters } from '../../src/model/initialize-parameters.js';
import { clipKind, unetKind } from '../../src/model/model-kind.js';
import { parameterCount } from '../../src/model/parameter-count.js';
import type { ParameterSpec } from '../../src/model/parameters.js';
import { goldenFolder } from './golden-folder.js';

interface Starts {
  readonly config: object;
  /** Largest magnitude, standard deviation and mean of a fresh model's parameters. */
  readonly spread: Readonly<Record<string, readonly [number, number, number]>>;
}

const starts = JSON.parse(readFileSync(goldenFolder('starts.json'), 'utf8')) as Record<
  'unet' | 'clip',
  Starts
>;

/** Largest magnitude, deviation and mean that a parameter starts with. */
function describeStart({ initialization }: ParameterSpec): { max: number; deviation: number; mean: number } {
  switch (initialization.kind) {
    case 'constant':
      return { max: Math.abs(initialization.value), deviation: 0, mean: initialization.value };
    case 'uniform':
      return { max: initialization.bound, deviation: initialization.bound / Math.sqrt(3), mean: 0 };
    case 'normal':
      return { max: Number.POSITIVE_INFINITY, deviation: initialization.deviation, mean: 0 };
  }
}

test.each([
  [
    'diffusers’ UNet',
    unetKind.parameters(unetKind.parse(JSON.stringify(starts.unet.config), '')),
    starts.unet,
  ],
  [
    'transformers’ CLIP',
    clipKind.parameters(clipKind.parse(JSON.stringify(starts.clip.config), '')),
    starts.clip,
  ],
])('parameters start as those of %s do', (_, specs, { spread }) => {
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  expect(Object.keys(spread).length).toBeGreaterThan(50);
  for (const [name, [max, deviation, mean]] of Object.entries(spread)) {
    const spec = byName.get(name);
    if (spec === undefined) throw new Error(`no parameter named ${name}`);
    const own = describeStart(spec);
    const standardError = 1 / Math.sqrt(parameterCount([spec]));
    expect(max, name).toBeLessThanOrEqual(own.max + 1e-6);
    expect(Math.abs(deviation - own.deviation), name).toBeLessThanOrEqual(5 * own.deviation * standardError);
    expect(Math.abs(mean - own.mean), name).toBeLessThanOrEqual(5 * own.deviation * standardError + 1e-6);
  }
});

describe('initial weights', () => {
  const spec = (name: string, initialization: ParameterSpec['initialization']): ParameterSpec => ({
    name,
    shape: [100, 100],
    initialization,
  });
  const specs = [
    spec('uniform', startUniform(4)),
    spec('normal', startNormal(0.02)),
    spec('ones', startAtOnes),
    spec('zeros', startAtZeros),
  ];
  const weights = initializeParameters(specs, 1);
  const values = (name: string): number[] => Array.from(weights.get(name) ?? []);
  const deviation = (data: readonly number[]): number =>
    Math.sqrt(data.reduce((sum, each) => sum + each ** 2, 0) / data.length);

  test('follow what was asked for', () => {
    expect(Math.max(...values('uniform').map(Math.abs))).toBeLessThanOrEqual(0.5);
    expect(deviation(values('uniform'))).toBeCloseTo(0.5 / Math.sqrt(3), 2);
    expect(deviation(values('normal'))).toBeCloseTo(0.02, 3);
    expect(new Set(values('ones'))).toEqual(new Set([1]));
    expect(new Set(values('zeros'))).toEqual(new Set([0]));
  });

  test('depend on seed and name alone', () => {
    expect(initializeParameters(specs.toReversed(), 1).get('normal')).toEqual(weights.get('normal'));
    expect(initializeParameters(specs, 2).get('normal')).not.toEqual(weights.get('normal'));
    const [renamed] = initializeParameters([spec('other', startNormal(0.02))], 1).values();
    expect(renamed).not.toEqual(weights.get('normal'));
  });
});
