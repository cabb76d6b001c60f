import { describe, expect, it } from 'vitest';
import { meanInterval } from '../../src/search/mean-interval.js';
import { hashedGenerator } from '../../src/random/hashed-generator.js';
import { normalPair } from '../../src/random/normal-pair.js';
import { isHarmless, judgeHarmless, judgeRace, type Arm } from '../../src/search/race.js';

/** Loss at best and at worst. */
const arm = (name: string, low: number, high: number, savingMs = 1): Arm => ({
  name,
  loss: { low, high },
  savingMs,
});

describe('a race', () => {
  it('drops those that surely lose more for their time, and is decided when nobody else is left', () => {
    const arms = [
      arm('cheap', 0.009, 0.011),
      arm('dear', 0.09, 0.11),
      { ...arm('slow', 0.09, 0.11), savingMs: 20 },
    ];
    expect(judgeRace(arms, ['cheap', 'slow'], 0)).toEqual({ dropped: ['dear'], advancing: [] });
  });

  it('goes on with the leader that may be worst and the other that may be best', () => {
    const arms = [
      arm('sure leader', 0, 0.002),
      arm('doubtful leader', -0.05, 0.07),
      arm('threat', -0.1, 0.14),
      arm('lesser threat', -0.01, 0.11),
      arm('beaten', 0.9, 0.91),
    ];
    const verdict = judgeRace(arms, ['sure leader', 'doubtful leader'], 0);
    expect(verdict).toEqual({ dropped: ['beaten'], advancing: ['doubtful leader', 'threat'] });
  });

  it('is decided between those that differ by no more than the tolerance', () => {
    const arms = [arm('one', 0.009, 0.011), arm('other', 0.008, 0.01)];
    const judged = (tolerance: number): readonly string[] => judgeRace(arms, ['one'], tolerance).advancing;
    expect([judged(0), judged(0.02)]).toEqual([['one', 'other'], []]);
  });

  it('knows that what costs time is worth least at its greatest loss', () => {
    const arms = [
      arm('costs time', 0.01, 0.1, -2),
      arm('saves', -0.01, 0.03),
      arm('surely worse', 0.01, 0.03),
    ];
    expect(judgeRace(arms, ['costs time'], 0)).toEqual({
      dropped: ['surely worse'],
      advancing: ['costs time', 'saves'],
    });
    expect(judgeRace(arms, ['costs time'], 0.08).advancing).toEqual([]);
  });

  it('is decided where nobody is wanted', () => {
    expect(judgeRace([arm('one', 0.1, 0.2)], [], 0)).toEqual({ dropped: [], advancing: [] });
    expect(judgeHarmless([arm('one', 0.1, 0.2)], [], 0)).toEqual({ dropped: [], advancing: [] });
  });

  it('goes on with those that can still be known better, and ends when all are', () => {
    const [leader, threat] = [arm('leader', 0.02, 0.02), arm('threat', 0.01, 0.01)];
    const unknown = arm('unknown', 0.01, 0.03);
    expect(judgeRace([leader, threat, unknown], ['leader'], 0).advancing).toEqual(['unknown']);
    expect(judgeRace([leader, threat], ['leader'], 0).advancing).toEqual([]);
  });

  it('ends with others than a full pass, beyond the tolerance, no more often than its confidence allows', () => {
    const races = 150;
    let [wrong, images] = [0, 0];
    for (let index = 0; index < races; index += 1) {
      const all = Array.from({ length: 6 }, (_, i) => gaussians(`${index} ${i}`, 0.1 + 0.02 * i, 0.1));
      const { leaders, counts } = race(all, {
        leadersOf: (arms) => arms.toSorted((a, b) => mid(a) - mid(b)).slice(0, 1),
        judge: (arms, leading) => judgeRace(arms, leading, 0.01),
      });
      const truth = all.map(mean);
      if ((truth[Number(leaders[0])] ?? 0) > Math.min(...truth) + 0.01) wrong += 1;
      images += counts.reduce((sum, count) => sum + count, 0);
    }
    expect(wrong / races).toBeLessThanOrEqual(0.1);
    expect(images / races).toBeLessThan(0.9 * 6 * captionCount);
  });
});

describe('a race of removals', () => {
  it('is decided once enough are surely harmless that save most, whatever the rest may lose', () => {
    const arms = [arm('great', -0.1, 0.01, 5), arm('good', 0, 0.005, 4), arm('unknown', -1, 1, 3)];
    expect(judgeHarmless(arms, ['great', 'good'], 0.01)).toEqual({ dropped: [], advancing: [] });
  });

  it('goes on with the likeliest of those that would come before, harmless as they may be', () => {
    const arms = [
      arm('sure', 0, 0.01, 2),
      arm('greater', -0.01, 0.05, 5),
      arm('likelier', -0.02, 0.03, 4),
      arm('lesser', -0.05, 0.02, 1),
      arm('harmful', 0.02, 0.03, 6),
    ];
    expect(judgeHarmless(arms, ['sure'], 0.01).advancing).toEqual(['likelier']);
  });

  it('takes what is not known yet for harmless up to half the tolerance beyond it', () => {
    expect(isHarmless({ low: 0, high: 0.015 }, 0.01)).toBe(true);
    expect(isHarmless({ low: 0, high: 0.016 }, 0.01)).toBe(false);
    expect(isHarmless({ low: 0.011, high: 0.012 }, 0.01)).toBe(false);
    expect([
      isHarmless({ low: 0.01, high: 0.01 }, 0.01),
      isHarmless({ low: 0.011, high: 0.011 }, 0.01),
    ]).toEqual([true, false]);
  });

  it('goes on with all that may be harmless where too few surely are', () => {
    const arms = [arm('sure', 0, 0.01, 2), arm('open', 0, 0.02, 1), arm('harmful', 0.02, 0.03, 6)];
    expect(judgeHarmless(arms, ['sure', 'harmful'], 0.01).advancing).toEqual(['open']);
  });

  it('is one by loss per millisecond among the harmful where nothing else may be harmless', () => {
    const arms = [
      arm('sure', 0, 0.01),
      arm('leader', 0.02, 0.05),
      arm('threat', 0.03, 0.06),
      arm('beaten', 0.2, 0.3),
    ];
    const verdict = judgeHarmless(arms, ['sure', 'leader'], 0.01);
    expect(verdict).toEqual({ dropped: ['beaten'], advancing: ['leader', 'threat'] });
  });

  it('calls harmful blocks harmless no more often than its confidence allows', () => {
    const races = 150;
    const tolerance = 0.03;
    let [wrong, images] = [0, 0];
    for (let index = 0; index < races; index += 1) {
      const all = Array.from({ length: 6 }, (_, i) => gaussians(`${index} ${i}`, 0.01 * i, 0.05));
      const { leaders, counts } = race(all, {
        leadersOf: (arms) => inOrder(arms, tolerance).slice(0, 2),
        judge: (arms, leading) => judgeHarmless(arms, leading, tolerance),
      });
      const chosen = leaders.map((name) => mean(all[Number(name)] ?? []));
      const harmless = all.filter((losses) => mean(losses) <= tolerance);
      if (harmless.length >= 2 && chosen.some((loss) => loss > 1.5 * tolerance)) wrong += 1;
      images += counts.reduce((sum, count) => sum + count, 0);
    }
    expect(wrong / races).toBeLessThanOrEqual(0.1);
    expect(images / races).toBeLessThan(0.75 * 6 * captionCount);
  });
});

const captionCount = 128;
const targets = [8, 16, 32, 64, captionCount];

/** Those of higher saving come first where they are harmless. Blocks save more the more they lose. */
function inOrder(arms: readonly Arm[], tolerance: number): Arm[] {
  const isHarmless = ({ loss }: Arm): boolean => loss.high <= tolerance;
  return [
    ...arms.filter(isHarmless).toSorted((one, other) => other.savingMs - one.savingMs),
    ...arms.filter((each) => !isHarmless(each)).toSorted((one, other) => one.loss.high - other.loss.high),
  ];
}

/** Races until it is decided, at a confidence of 90%. */
function race(
  all: readonly (readonly number[])[],
  {
    leadersOf,
    judge,
  }: {
    readonly leadersOf: (arms: readonly Arm[]) => readonly Arm[];
    readonly judge: (
      arms: readonly Arm[],
      leading: readonly string[],
    ) => { readonly advancing: readonly string[] };
  },
): { readonly leaders: readonly string[]; readonly counts: readonly number[] } {
  const tail = 0.1 / (all.length * (targets.length - 1));
  const counts = all.map(() => 8);
  for (;;) {
    const arms = all.map((losses, i): Arm => {
      const { low, high } = meanInterval(losses.slice(0, counts[i]), tail, captionCount);
      return { name: String(i), loss: { low, high }, savingMs: 1 + i / 1000 };
    });
    const leaders = leadersOf(arms).map(({ name }) => name);
    const { advancing } = judge(arms, leaders);
    if (advancing.length === 0) return { leaders, counts };
    for (const name of advancing) {
      counts[Number(name)] = targets.find((target) => target > (counts[Number(name)] ?? 0)) ?? captionCount;
    }
  }
}

function gaussians(name: string, center: number, deviation: number): number[] {
  const random = hashedGenerator(name);
  return Array.from({ length: captionCount }, () => center + deviation * normalPair(random)[0]);
}

const mid = ({ loss }: Arm): number => (loss.low + loss.high) / 2;

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
