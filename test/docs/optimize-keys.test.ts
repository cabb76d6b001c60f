import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { optimizeConfigSchema } from '../../src/config/optimize-config.js';

const page = readFileSync(new URL('../../docs/optimize.md', import.meta.url), 'utf8');

const { stages, evolved, decoder, distillation, comparison } = optimizeConfigSchema.parse({
  pipeline: 'pipeline',
  search: { budget: { ms: 1 } },
  evaluation: { scorer: 'scorer' },
});

type Leaf = readonly [key: string, value: unknown];

/** Every key that holds no section, with its value. */
function leavesOf(value: unknown, path: string): readonly Leaf[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, each]) => leavesOf(each, `${path}.${key}`));
}

const leaves = Object.entries({ stages, evolved, decoder, distillation, comparison }).flatMap(
  ([key, value]) => leavesOf(value, key),
);

/** Sections that are trainings: `*` in the page's keys. */
const trainings = leaves.flatMap(([key]) =>
  key.endsWith('.checkpointEverySteps') ? [key.slice(0, -21)] : [],
);

const shown: readonly Leaf[] = [...page.matchAll(/^\| `([\w*.]+)` +\| `([^`]+)` +\|/gm)].flatMap(
  ([, key = '', value = '']) => {
    const keys = key.startsWith('*') ? trainings.map((training) => key.replace('*', training)) : [key];
    return keys.map((each): Leaf => [each, parse(value)]);
  },
);

const byKey = (one: Leaf, other: Leaf): number => one[0].localeCompare(other[0]);

describe('the keys in docs/optimize.md', () => {
  it('are all that an optimization has beside a search’s, each with its default', () => {
    expect(trainings).toHaveLength(5);
    expect(shown.toSorted(byKey)).toEqual(leaves.toSorted(byKey));
  });
});
