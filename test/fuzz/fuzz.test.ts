import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';
import { parsers } from './parsers.js';
import { tryParser } from './try-parser.js';

const scratch = temporaryFolder();

/** `npm run fuzz -- --cases 100000` tries many more. */
const CASES = 500;
const SEED = 20_261_129;

describe.each(parsers.map((parser) => [parser.name, parser] as const))('%s', (_, parser) => {
  it('gives a value or refuses in words, in time and within memory, whatever it holds', async () => {
    const report = await tryParser(parser, { cases: CASES, seed: SEED, scratch: join(scratch, 'case') });
    expect(report.failures).toEqual([]);
    expect(report.cases).toBe(CASES);
    expect(Math.min(report.refused, report.accepted)).toBeGreaterThan(0);
  });
});
