import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCsv } from '../../src/report/csv.js';
import { formatChange, formatClip, formatMs } from '../../src/report/number-format.js';
import { plotFormatOf } from '../../src/report/plot-format.js';
import { wrapText } from '../../src/report/text-wrapping.js';

describe('toCsv', () => {
  it('quotes what would be read as something else, and leaves null empty', () => {
    const rows = [['a,b', 'say "x"', 'two\nlines', null, true, 1.5]];
    expect(toCsv(['1', '2', '3', '4', '5', '6'], rows)).toBe(
      '1,2,3,4,5,6\n"a,b","say ""x""","two\nlines",,true,1.5\n',
    );
  });
});

describe('plotFormatOf', () => {
  it.each([
    ['frontier.png', 'png'],
    ['out/a.b.SVG', 'svg'],
    ['x.csv', 'csv'],
    ['x.json', 'json'],
  ])('%s is %s', (path, format) => {
    expect(plotFormatOf(path)).toBe(format);
  });

  it.each(['frontier', 'frontier.pdf', '.png', ''])('refuses %j', (path) => {
    expect(() => plotFormatOf(path)).toThrow(expect.objectContaining({ code: 'OUTPUT_FORMAT_UNKNOWN' }));
  });
});

describe('numbers', () => {
  it.each([
    [8.0549, '8.05 ms'],
    [40.52, '40.5 ms'],
    [1687.4, '1687 ms'],
    [0.01234, '0.0123 ms'],
    [0, '0 ms'],
  ])('%f ms reads %s', (value, text) => {
    expect(formatMs(value)).toBe(text);
  });

  it('tells scores and changes', () => {
    expect(formatClip(0.26214)).toBe('0.2621');
    expect([formatChange(40, 24), formatChange(10, 11), formatChange(7, 7)]).toEqual([
      '\u221240%',
      '+10%',
      '0%',
    ]);
  });

  it('gives a change its direction where scores are negative', () => {
    expect([formatChange(-0.1837, -0.1824), formatChange(-0.2, -0.25)]).toEqual(['+1%', '\u221225%']);
  });
});

describe('wrapText', () => {
  const upTo = (length: number) => (line: string) => line.length <= length;

  it('breaks at spaces', () => {
    expect(wrapText('face with tears of joy', 3, upTo(10))).toEqual(['face with', 'tears of', 'joy']);
  });

  it('ends in an ellipsis what does not fit', () => {
    expect(wrapText('woman and man holding hands', 2, upTo(10))).toEqual(['woman and', 'man holdi\u2026']);
    expect(wrapText('Supercalifragilistic', 2, upTo(10))).toEqual(['Supercali\u2026']);
  });

  it('keeps within the lines and the width, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.integer({ min: 1, max: 3 }), (text, maxLines) => {
        const lines = wrapText(text, maxLines, upTo(12));
        expect(lines.length).toBeLessThanOrEqual(maxLines);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(12);
      }),
    );
  });
});
