import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeRace, type Arm, type RaceEnd, type RaceRules } from '../../src/search/race.js';

const rules: RaceRules = { confidence: 0.95, tolerance: 0, looks: 4, entrants: 3 };

const removalEnd = (...leaders: string[]): RaceEnd => ({ first: 'lowest', leaders, ignoresGains: true });

/** Losses around a mean, all with the same ups and downs unless told otherwise. */
const arm = (name: string, mean: number, { savingMs = 1, noise = 0.001, phase = 0 } = {}): Arm => ({
  name,
  losses: Array.from({ length: 16 }, (_, i) => mean + noise * Math.sin(2.4 * i + phase)),
  savingMs,
});

describe('a race', () => {
  it('drops those that surely lose more for their time, and is decided when nobody else is left', () => {
    const arms = [arm('cheap', 0.01), arm('dear', 0.1), arm('slow', 0.1, { savingMs: 20 })];
    const verdict = judgeRace(arms, [removalEnd('cheap', 'slow')], rules);
    expect(verdict).toEqual({ dropped: ['dear'], isDecided: true });
  });

  it('keeps those that noise may hide', () => {
    const arms = [arm('one', 0.01, { noise: 0.2 }), arm('other', 0.02, { noise: 0.2, phase: 2 })];
    const verdict = judgeRace(arms, [removalEnd('one')], { ...rules, entrants: 2 });
    expect(verdict).toEqual({ dropped: [], isDecided: false });
  });

  it('is decided between those that differ by no more than the tolerance', () => {
    const arms = [arm('one', 0.01), arm('other', 0.009, { phase: 2 })];
    const judged = (tolerance: number): boolean =>
      judgeRace(arms, [removalEnd('one')], { ...rules, entrants: 2, tolerance }).isDecided;
    expect([judged(0), judged(0.02)]).toEqual([false, true]);
  });

  it('never drops the harmless from among removals, whatever saves more', () => {
    const arms = [arm('great', -0.5), arm('harmless', -0.001), arm('harmful', 0.1)];
    expect(judgeRace(arms, [removalEnd('great')], rules).dropped).toEqual(['harmful']);
  });

  it('takes a gain for none where another saves more time', () => {
    const arms = [arm('tiny gain', -0.01, { savingMs: 0.01 }), arm('leader', -0.01, { savingMs: 5 })];
    expect(judgeRace(arms, [removalEnd('leader')], { ...rules, entrants: 2 }).isDecided).toBe(true);
  });

  it('keeps who is wanted at either end', () => {
    const arms = [arm('least', 0.01), arm('middle', 0.1), arm('most', 0.3)];
    const highest: RaceEnd = { first: 'highest', leaders: ['most'], ignoresGains: false };
    expect(judgeRace(arms, [removalEnd('least'), highest], rules)).toEqual({
      dropped: ['middle'],
      isDecided: true,
    });
  });

  it('is decided where nobody is wanted', () => {
    expect(judgeRace([arm('one', 0.1)], [removalEnd()], rules).isDecided).toBe(true);
  });

  it('drops the best of equals in no more races than its confidence allows', () => {
    const looks = [8, 16, 32, 64];
    let wrong = 0;
    const races = 200;
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (uniform) => {
        const gaussian = (): number => {
          const [u = 0, v = 0] = [...uniform.take(2)];
          return Math.sqrt(-2 * Math.log(1 - u * 0.999_999)) * Math.cos(2 * Math.PI * v);
        };
        const all = Array.from({ length: 5 }, (_, i): Arm => ({
          ...{ name: String(i), savingMs: 1 },
          losses: Array.from({ length: 64 }, () => (i === 0 ? 0.1 : 0.12) + 0.1 * gaussian()),
        }));
        const isWrong = looks.some((count) => {
          const arms = all.map((each) => ({ ...each, losses: each.losses.slice(0, count) }));
          const [leader] = arms.toSorted((a, b) => sum(a.losses) - sum(b.losses));
          const end = removalEnd(leader?.name ?? '');
          return judgeRace(arms, [end], {
            ...rules,
            confidence: 0.9,
            looks: 4,
            entrants: 5,
          }).dropped.includes('0');
        });
        if (isWrong) wrong += 1;
      }),
      { numRuns: races, seed: 1 },
    );
    expect(wrong / races).toBeLessThanOrEqual(0.1);
  });
});

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
