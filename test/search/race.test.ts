import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeRace, type Arm, type Lead, type RaceRules } from '../../src/search/race.js';

const rules: RaceRules = { confidence: 0.95, tolerance: 0, captionCount: 128, looks: 4, entrants: 3 };

const removals = (...leaders: string[]): Lead => ({ leaders, ignoresGains: true });

/** Losses around a mean, all with the same ups and downs unless told otherwise. */
const arm = (
  name: string,
  mean: number,
  { savingMs = 1, noise = 0.001, phase = 0, images = 16 } = {},
): Arm => ({
  name,
  losses: Array.from({ length: images }, (_, i) => mean + noise * Math.sin(2.4 * i + phase)),
  savingMs,
});

describe('a race', () => {
  it('drops those that surely lose more for their time, and is decided when nobody else is left', () => {
    const arms = [arm('cheap', 0.01), arm('dear', 0.1), arm('slow', 0.1, { savingMs: 20 })];
    expect(judgeRace(arms, removals('cheap', 'slow'), rules)).toEqual({ dropped: ['dear'], advancing: [] });
  });

  it('goes on with the leader that may be worst and the other that may be best', () => {
    const arms = [
      arm('sure leader', 0.001),
      arm('doubtful leader', 0.01, { noise: 0.1 }),
      arm('threat', 0.02, { noise: 0.2, phase: 2 }),
      arm('lesser threat', 0.05, { noise: 0.1 }),
      arm('beaten', 0.9),
    ];
    const verdict = judgeRace(arms, removals('sure leader', 'doubtful leader'), { ...rules, entrants: 5 });
    expect(verdict).toEqual({ dropped: ['beaten'], advancing: ['doubtful leader', 'threat'] });
  });

  it('is decided between those that differ by no more than the tolerance', () => {
    const arms = [arm('one', 0.01), arm('other', 0.009, { phase: 2 })];
    const judged = (tolerance: number): readonly string[] =>
      judgeRace(arms, removals('one'), { ...rules, entrants: 2, tolerance }).advancing;
    expect([judged(0), judged(0.02)]).toEqual([['one', 'other'], []]);
  });

  it('never drops the harmless from among removals, whatever saves more', () => {
    const arms = [arm('great', -0.5), arm('harmless', -0.001), arm('harmful', 0.1)];
    expect(judgeRace(arms, removals('great'), rules).dropped).toEqual(['harmful']);
  });

  it('takes a gain for none where another saves more time', () => {
    const arms = [arm('tiny gain', -0.01, { savingMs: 0.01 }), arm('leader', -0.01, { savingMs: 5 })];
    expect(judgeRace(arms, removals('leader'), { ...rules, entrants: 2 }).advancing).toEqual([]);
  });

  it('is decided where nobody is wanted', () => {
    expect(judgeRace([arm('one', 0.1)], removals(), rules)).toEqual({ dropped: [], advancing: [] });
  });

  it('splits its error among arms and looks', () => {
    const arms = [arm('leader', 0.01, { noise: 0.05 }), arm('other', 0.07, { noise: 0.05, phase: 2 })];
    const isDecided = (looks: number, entrants: number): boolean =>
      judgeRace(arms, removals('leader'), { ...rules, looks, entrants, tolerance: 0.005 }).advancing
        .length === 0;
    expect([isDecided(1, 2), isDecided(40, 2), isDecided(1, 80)]).toEqual([true, false, false]);
  });

  it('goes on with those that can still be known better, and ends when all are', () => {
    const noisy = { noise: 0.2, images: 128 };
    const leader = arm('leader', 0.02, noisy);
    const threat = arm('threat', 0.01, { ...noisy, phase: 2 });
    const unknown = arm('unknown', 0.02, { noise: 0.2, phase: 1 });
    expect(judgeRace([leader, threat, unknown], removals('leader'), rules).advancing).toEqual(['unknown']);
    expect(judgeRace([leader, threat], removals('leader'), rules).advancing).toEqual([]);
  });

  it('ends with others than a full pass, beyond the tolerance, no more often than its confidence allows', () => {
    const targets = [8, 16, 32, 64, 128];
    const races = 150;
    let [wrong, images] = [0, 0];
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (uniform) => {
        const gaussian = (): number => {
          const [u = 0, v = 0] = [...uniform.take(2)];
          return Math.sqrt(-2 * Math.log(1 - u * 0.999_999)) * Math.cos(2 * Math.PI * v);
        };
        const all = Array.from({ length: 6 }, (_, i) =>
          Array.from({ length: 128 }, () => 0.1 + 0.02 * i + 0.1 * gaussian()),
        );
        const counts = all.map(() => 8);
        const settings = { ...rules, confidence: 0.9, tolerance: 0.01, entrants: 6 };
        for (;;) {
          const arms = all.map((losses, i): Arm => ({
            name: String(i),
            losses: losses.slice(0, counts[i]),
            savingMs: 1,
          }));
          const leader = arms.toSorted((a, b) => mean(a.losses) - mean(b.losses))[0]?.name ?? '';
          const { advancing } = judgeRace(arms, removals(leader), settings);
          for (const name of advancing) {
            counts[Number(name)] = targets.find((target) => target > (counts[Number(name)] ?? 0)) ?? 128;
          }
          if (advancing.length > 0) continue;
          const truth = all.map(mean);
          if ((truth[Number(leader)] ?? 0) > Math.min(...truth) + 0.01) wrong += 1;
          images += counts.reduce((sum, count) => sum + count, 0);
          break;
        }
      }),
      { numRuns: races, seed: 1 },
    );
    expect(wrong / races).toBeLessThanOrEqual(0.1);
    expect(images / races).toBeLessThan(0.9 * 6 * 128);
  });
});

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
