import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorPage, errorPagePath } from '../../scripts/error-list/error-page.mjs';
import { findErrors } from '../../scripts/error-list/find-errors.mjs';

const sites = findErrors(new URL('../../src', import.meta.url).pathname);

describe('docs/errors.md', () => {
  it('lists the codes that src/ has: after a change, run npm run list-errors', () => {
    expect(readFileSync(errorPagePath, 'utf8')).toBe(errorPage());
  });
});

describe('the list of errors', () => {
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
