import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorPage, errorPagePath } from '../../scripts/error-list/error-page.mjs';
import { findErrors } from '../../scripts/error-list/find-errors.mjs';

const sites = findErrors(new URL('../../src', import.meta.url).pathname);

describe('docs/errors.md', () => {
  it('lists the codes that src/ has: after a change, run npm run list-errors', () => {
    expect(readFileSync(errorPagePath, 'utf8')).toBe(errorPage());
  });
});

/** Codes as the text of src/ has them, found without the list's own way of reading it. */
function codesInText(): Set<string> {
  const folder = new URL('../../src', import.meta.url).pathname;
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(({ name }) =>
    name.endsWith('.ts'),
  );
  const made = /(?:code: |(?:Error|[fF]ail|unreadable|problem)\(\s*)'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g;
  const named = /type \w*Code =([^;]+);/g;
  return new Set(
    files.flatMap(({ parentPath, name }) => {
      const text = readFileSync(join(parentPath, name), 'utf8');
      const types = [...text.matchAll(named)].flatMap(
        ([, union = '']) => union.match(/[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+/g) ?? [],
      );
      return [...[...text.matchAll(made)].map(([, code = '']) => code), ...types];
    }),
  );
}

describe('the list of errors', () => {
  it('misses no code that the text of src/ has, and has none that is not there', () => {
    const listed = [...readFileSync(errorPagePath, 'utf8').matchAll(/^\| `([A-Z0-9_]+)`/gm)].map(
      ([, code = '']) => code,
    );
    const inText = codesInText();
    expect([...inText].filter((code) => !listed.includes(code))).toEqual([]);
    expect(listed.filter((code) => code.includes('_') && !inText.has(code))).toEqual([]);
  });

  it.each(['SESSION_FAILED', 'DATA_EMPTY', 'SAFETENSORS_HEADER', 'CONFIG_MISSING_KEY', 'GRAPH_INVALID'])(
    'finds %s, however it is thrown',
    (code) => {
      expect(sites.map((site) => site.code)).toContain(code);
    },
  );

  it('tells faults of ours from faults of the input', () => {
    const isInternal = (code: string) => sites.find((site) => site.code === code)?.isInternal;
    expect(isInternal('DEVICE_INVALID')).toBe(false);
    expect(isInternal('SESSION_UNKNOWN')).toBe(true);
  });

  it('has what the source says, with a mark where something is put in', () => {
    const site = sites.find(({ code }) => code === 'DEVICE_INVALID');
    expect(site?.messages).toEqual(['expected a device such as cpu, webgpu or cuda:0, found "…"']);
    expect(site?.file).toBe('runtime/device.ts');
  });
});
