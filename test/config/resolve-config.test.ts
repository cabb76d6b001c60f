import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError } from '../../src/config/config-error.js';
import { choice, list, number, path, section, text, wholeNumber } from '../../src/config/fields.js';
import { resolveConfig } from '../../src/config/resolve-config.js';
import { printConfig } from '../../src/config/print-config.js';
import { parseYaml } from '../../src/config/yaml-source.js';

const schema = section({
  name: text().default('unnamed'),
  model: path('folder'),
  results: path('folder').default('results'),
  search: section({
    budget: z.union([section({ ratio: number({ above: 0 }) }), section({ ms: number({ above: 0 }) })], {
      error: 'either ratio or ms',
    }),
    patience: wholeNumber({ from: 1, to: 9 }).default(2),
    scoring: choice(['snapevo', 'literal']).default('snapevo'),
    kinds: list(choice(['a', 'b']), 'kinds', { from: 1, to: 2 }).prefault(['a']),
  }),
  training: section({ learningRate: number({ above: 0 }).default(0.1) }).prefault({}),
});

function resolveText(yaml: string, settings: readonly string[] = []): z.output<typeof schema> {
  return resolveConfig(schema, parseYaml(yaml, 'configs/a.yaml'), { settings, currentFolder: '/work' });
}

function problemsOf(yaml: string, settings: readonly string[] = []): string[] {
  try {
    resolveText(yaml, settings);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ code, where, path: at, message }) => `${code} ${where} ${at}: ${message}`);
  }
  return [];
}

const valid = 'model: m\nsearch:\n  budget: {ratio: 0.6}\n';

describe('resolveConfig', () => {
  it('puts every default in its place', () => {
    expect(resolveText(valid)).toEqual({
      name: 'unnamed',
      model: '/work/configs/m',
      results: '/work/results',
      search: { budget: { ratio: 0.6 }, patience: 2, scoring: 'snapevo', kinds: ['a'] },
      training: { learningRate: 0.1 },
    });
  });

  it('tells no more than a hundred problems, in few words', () => {
    const wrong = Array.from({ length: 5000 }, (_, i) => `${'x'.repeat(10)}${i}: ${i}`).join('\n');
    expect(problemsOf(`${valid}${wrong}\n`)).toHaveLength(100);
    expect(() => resolveText(`${valid}${wrong}\n`)).toThrow('the first 100 problems');
    const [long] = problemsOf(`${valid}${'y'.repeat(100_000)}: 1\n`);
    expect(long?.length).toBeLessThan(300);
  });

  it('freezes what it gives', () => {
    const config = resolveText(valid);
    expect([config, config.search, config.search.budget, config.search.kinds].every(Object.isFrozen)).toBe(
      true,
    );
  });

  it('takes paths from the file relative to the file, from flags and defaults relative to the current folder', () => {
    expect(resolveText(`${valid}results: out\n`).results).toBe('/work/configs/out');
    expect(resolveText(`${valid}results: /abs\n`).results).toBe('/abs');
    expect(resolveText(`${valid}results: out\n`, ['results=there']).results).toBe('/work/there');
    expect(resolveText(valid, ['model=../x']).model).toBe('/x');
  });

  it('prints what it can read back', () => {
    const config = resolveText(valid);
    expect(resolveText(printConfig(config))).toEqual(config);
  });

  it('reports everything wrong at once, with line and column, what was expected and what was found', () => {
    const yaml = [
      'model: 3',
      'serch:',
      '  patience: 1',
      'search:',
      '  patience: two',
      '  scoring: best',
      '  kinds: []',
      '  budget: {ratio: -1}',
      '  learningRate: 2',
      'training:',
      '  learningrate: 0.1',
    ].join('\n');
    expect(problemsOf(yaml)).toEqual([
      'CONFIG_VALUE configs/a.yaml:1:8 model: expected the path of a folder, found 3',
      'CONFIG_VALUE configs/a.yaml:8:19 search.budget.ratio: expected a number above 0, found -1',
      'CONFIG_VALUE configs/a.yaml:5:13 search.patience: expected a whole number from 1 to 9, found "two"',
      'CONFIG_VALUE configs/a.yaml:6:12 search.scoring: expected snapevo or literal, found "best"',
      'CONFIG_VALUE configs/a.yaml:7:10 search.kinds: expected a list of 1 to 2 kinds, found an empty list',
      'CONFIG_UNKNOWN_KEY configs/a.yaml:9:3 search.learningRate: unknown key; it belongs at training.learningRate',
      'CONFIG_UNKNOWN_KEY configs/a.yaml:11:3 training.learningrate: unknown key; did you mean training.learningRate?',
      'CONFIG_UNKNOWN_KEY configs/a.yaml:2:1 serch: unknown key; did you mean search?',
    ]);
  });

  it('points to the section that lacks a key', () => {
    expect(problemsOf('model: m\nsearch:\n  patience: 3\n')).toEqual([
      'CONFIG_MISSING_KEY configs/a.yaml:3:3 search.budget: expected either ratio or ms, found nothing',
    ]);
    expect(problemsOf('')).toEqual([
      'CONFIG_MISSING_KEY configs/a.yaml:1:1 model: expected the path of a folder, found nothing',
      'CONFIG_MISSING_KEY configs/a.yaml:1:1 search: expected a section with the keys budget, patience, scoring and kinds, found nothing',
    ]);
  });

  it('says what the alternatives are when none is met', () => {
    expect(problemsOf('model: m\nsearch:\n  budget: {ratio: 1, ms: 2}\n')).toEqual([
      'CONFIG_VALUE configs/a.yaml:3:11 search.budget: expected either ratio or ms, found a section with ratio, ms',
    ]);
  });

  it('says so when a section is something else', () => {
    expect(problemsOf('model: m\nsearch: fast\n')).toEqual([
      'CONFIG_VALUE configs/a.yaml:2:9 search: expected a section with the keys budget, patience, scoring and kinds, found "fast"',
    ]);
    expect(problemsOf('- a\n- b\n')).toEqual([
      'CONFIG_VALUE configs/a.yaml:1:1 : expected a section with the keys name, model, results, search and training, found a list of 2',
    ]);
  });

  it('refuses numbers that are not finite', () => {
    expect(problemsOf(`${valid}training: {learningRate: .nan}\n`)).toEqual([
      'CONFIG_VALUE configs/a.yaml:4:26 training.learningRate: expected a number above 0, found NaN',
    ]);
    expect(problemsOf(`${valid}training: {learningRate: .inf}\n`)).toHaveLength(1);
  });

  it('refuses keys that are names of JavaScript', () => {
    expect(problemsOf(`${valid}constructor: 1\ntoString: 2\n`)).toHaveLength(2);
    expect(problemsOf(`${valid}__proto__: {name: x}\n`)).toHaveLength(1);
  });

  it('finds places through aliases', () => {
    expect(problemsOf('model: m\ntraining: &t {learningRate: 0}\nsearch: *t\n')).toContainEqual(
      'CONFIG_VALUE configs/a.yaml:2:29 training.learningRate: expected a number above 0, found 0',
    );
  });

  it('names all problems in the message of the error', () => {
    expect(() => resolveText('search: 1\n')).toThrow(
      /^2 problems in the configuration:\n {2}configs\/a.yaml:1:1: model: .*\n {2}configs\/a.yaml:1:9: search: /,
    );
  });
});

describe('overrides', () => {
  it('win over the file, the later over the earlier, as YAML values', () => {
    const { search, training } = resolveText(valid, [
      'search.budget={ms: 12.5}',
      'search.patience=3',
      'search.patience=4',
      'search.kinds=[b, a]',
      'training.learningRate=1e-3',
    ]);
    expect(search).toEqual({ budget: { ms: 12.5 }, patience: 4, scoring: 'snapevo', kinds: ['b', 'a'] });
    expect(training.learningRate).toBe(0.001);
  });

  it('name the flag when what they bring is wrong', () => {
    expect(problemsOf(valid, ['search.patience=0', 'serch.patience=1', 'training.lr=1'])).toEqual([
      'CONFIG_VALUE --set search.patience=0 search.patience: expected a whole number from 1 to 9, found 0',
      'CONFIG_UNKNOWN_KEY --set training.lr=1 training.lr: unknown key; expected one of learningRate',
      'CONFIG_UNKNOWN_KEY --set serch.patience=1 serch: unknown key; did you mean search?',
    ]);
  });

  it('must be assignments of YAML values to keys', () => {
    expect(problemsOf(valid, ['search', '=3', '__proto__.x=1', 'name=[1', 'search.patience=3'])).toEqual([
      'CONFIG_OVERRIDE --set search : expected key.path=value, such as search.maxRounds=4',
      'CONFIG_OVERRIDE --set =3 : expected key.path=value, such as search.maxRounds=4',
      'CONFIG_OVERRIDE --set __proto__.x=1 : expected key.path=value, such as search.maxRounds=4',
      expect.stringMatching(/^CONFIG_OVERRIDE --set name=\[1 : expected a YAML value after "="/),
    ]);
  });

  it('lead through sections only', () => {
    expect(problemsOf(valid, ['model.depth=1'])).toEqual([
      'CONFIG_OVERRIDE --set model.depth=1 model.depth: expected "model" to be a section, found "m"',
    ]);
  });
});
