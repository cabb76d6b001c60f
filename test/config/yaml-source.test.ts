import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/config-error.js';
import { parseOverrides } from '../../src/config/override.js';
import { parseYaml } from '../../src/config/yaml-source.js';

function placesOf(yaml: string): string[] {
  try {
    parseYaml(yaml, 'a.yaml');
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ code, where }) => `${code} ${where}`);
  }
  return [];
}

describe('parseYaml', () => {
  it('locates values, keys and the sections around what is not there', () => {
    const source = parseYaml('a: 1\nb:\n  c: [10, 20]\n', 'a.yaml');
    expect(source.locate(['b', 'c', 1])).toBe('a.yaml:3:11');
    expect(source.locateKey(['b', 'c'])).toBe('a.yaml:3:3');
    expect(source.locate(['b', 'x', 'y'])).toBe('a.yaml:3:3');
    expect(source.locateKey(['b', 'x'])).toBeUndefined();
  });

  it('reports syntax errors, repeated keys and unknown tags with their places', () => {
    expect(placesOf('a: [1, 2\nb: 3\n')[0]).toMatch(/^CONFIG_YAML a\.yaml:2:/);
    expect(placesOf('a: 1\na: 2\n')).toEqual(['CONFIG_YAML a.yaml:2:1']);
    expect(placesOf('a: !exec rm\n')).toEqual(['CONFIG_YAML a.yaml:1:4']);
    expect(placesOf('a: *nothing\n')).toEqual(['CONFIG_YAML a.yaml:1:4']);
  });

  it('refuses aliases that multiply without end', () => {
    const levels = Array.from({ length: 9 }, (_, level) => {
      const inner = level === 0 ? '"x"' : `*l${level - 1}`;
      return `l${level}: &l${level} [${Array.from({ length: 9 }, () => inner).join(', ')}]`;
    });
    expect(placesOf(levels.join('\n'))).toEqual(['CONFIG_YAML a.yaml']);
  });

  const deep: readonly [string, string][] = [
    ['lists', '['.repeat(3000) + ']'.repeat(3000)],
    ['lists that never close', '['.repeat(130_000)],
    ['sections', '{a: '.repeat(3000)],
    ['indented lists', '- '.repeat(3000)],
    ['indented sections', Array.from({ length: 400 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['keys', '? '.repeat(3000)],
  ];

  it.each(deep)('refuses %s nested without end, in clear words', (_, yaml) => {
    expect(() => parseYaml(yaml, 'a.yaml')).toThrow(
      'a.yaml: expected YAML, found an error in it: it is nested more than 64 levels deep',
    );
    expect(() => parseOverrides([`a=${yaml}`])).toThrow('it is nested more than 64 levels deep');
  });

  it('refuses a key that is a section or a list, in settings too', () => {
    expect(placesOf('? {a: 1}\n: 2\n')).toHaveLength(1);
    expect(() => parseOverrides(['a=? {a: 1}\n: 2'])).toThrow('With stringKeys, all keys must be strings');
  });

  it('refuses a tag in a setting that it refuses in a file', () => {
    expect(() => parseOverrides(['a=!exec rm'])).toThrow('Unresolved tag');
  });

  it('reads 64 levels', () => {
    expect(parseYaml('['.repeat(64) + ']'.repeat(64), 'a.yaml').value).toBeDefined();
    expect(parseYaml('- '.repeat(64) + '1', 'a.yaml').value).toBeDefined();
  });

  it('refuses two documents in one file', () => {
    expect(placesOf('a: 1\n---\nb: 2\n')).toHaveLength(1);
  });
});
