import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/config-error.js';
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

  it('refuses two documents in one file', () => {
    expect(placesOf('a: 1\n---\nb: 2\n')).toHaveLength(1);
  });
});
