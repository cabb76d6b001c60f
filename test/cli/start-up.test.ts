import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const source = (path: string): URL => new URL(`../../src/${path}`, import.meta.url);

/** Packages that are loaded before any command runs: those that files import statically, one from another. */
function packagesFrom(file: URL, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file.href)) return new Set();
  seen.add(file.href);
  const statements = readFileSync(file, 'utf8').matchAll(
    /^(?:import|export) (?!type )[^;]*?from '([^']+)';/gm,
  );
  const found = new Set<string>();
  for (const [, name = ''] of statements) {
    if (!name.startsWith('.')) found.add(name);
    else {
      for (const each of packagesFrom(new URL(name.replace(/\.js$/, '.ts'), file), seen)) found.add(each);
    }
  }
  return found;
}

describe('the command line', () => {
  it('starts with next to nothing loaded', () => {
    const packages = [...packagesFrom(source('cli/main.ts'))].filter((name) => !name.startsWith('node:'));
    expect(packages.toSorted()).toEqual(['cli-progress', 'commander']);
  });

  it('would be seen to load more', () => {
    expect(packagesFrom(source('cli/views/latency-progress.ts'))).toContain('log-update');
  });
});
