import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRunId } from '../../src/store/run-id.js';

describe('formatRunId', () => {
  it('says when, what and which', () => {
    expect(formatRunId(Date.UTC(2026, 0, 2, 3, 4, 59), 'Emoji search!', 10)).toBe(
      '20260102-0304-emoji-search-000a',
    );
  });

  it.each(['', '---', '日本'])('calls a run without a usable name (%j) "run"', (name) => {
    expect(formatRunId(0, name, 0)).toBe('19700101-0000-run-0000');
  });

  it('is always fit for a folder name', () => {
    const moment = fc.integer({ min: 0, max: Date.UTC(9999, 0) });
    fc.assert(
      fc.property(
        moment,
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 0, max: 0xffff }),
        (at, name, suffix) => {
          expect(formatRunId(at, name, suffix)).toMatch(/^\d{8}-\d{4}-[a-z0-9]+(-[a-z0-9]+)*-[0-9a-f]{4}$/);
        },
      ),
    );
  });

  it('sorts by time', () => {
    const ids = [0, 60_000, 86_400_000, 1e12].map((at) => formatRunId(at, 'x', 1));
    expect([...ids].sort()).toEqual(ids);
  });
});
