import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SearchEvent } from '../../src/search/event.js';
import type { LatencyCalibration } from '../../src/search/latency-table.js';
import type { SearchState } from '../../src/search/state.js';
import { step } from '../../src/search/step.js';
import { openWork } from '../../src/search/work.js';
import { exactly, search, start } from '../support/search-fakes.js';
import { calmWorld } from '../support/simulated-world.js';

const { journal } = await search({ ...calmWorld, scoreNoise: 0.01 });
const entries = journal.entries;
/** Each state, and what happened next. */
const steps = entries
  .slice(1)
  .map(({ event }, index): Step => ({ state: entries[index]?.state ?? start(), event }));

interface Step {
  readonly state: SearchState;
  readonly event: SearchEvent;
}

describe('a transition', () => {
  it('asks for rows to be recorded and then for the work that is open', () => {
    for (const { state, event } of steps) {
      const { state: next, effects } = step(state, event);
      expect(effects[0]?.type).toBe('record');
      expect(effects.slice(1)).toEqual(openWork(next));
    }
  });

  it('leaves the state it was given alone', () => {
    for (const { state, event } of steps) {
      const before = structuredClone(state);
      step(deepFrozen(state), event);
      expect(state).toEqual(before);
    }
  });

  it('takes the scores of candidates in any order', () => {
    const begin = steps.findIndex(({ state }) => state.phase === 'scoring-candidates');
    const state = steps[begin]?.state ?? start();
    const scores = steps.slice(begin, begin + openWork(state).length).map(({ event }) => event);
    expect(scores).toHaveLength(9);
    const end = replay(state, scores);
    fc.assert(
      fc.property(fc.shuffledSubarray([...scores], { minLength: scores.length }), (shuffled) => {
        expect(replay(state, shuffled)).toEqual(end);
      }),
      { numRuns: 10 },
    );
  });
});

describe('the calibration of a table', () => {
  it('is kept beside it, as is why there is none, and changes nothing else', () => {
    const { state, event } = steps.find((each) => each.event.type === 'blocks-measured') ?? {};
    if (state === undefined || event?.type !== 'blocks-measured') throw new Error('no table was measured');
    const calibration: LatencyCalibration = {
      method: 'isolated',
      factor: 0.95,
      networks: [{ architectureHash: 'a', sumMs: 5, predictedMs: 5.2, measuredMs: 5.3 }],
    };
    const plain = step(state, event).state;
    const calibrated = step(state, { ...event, calibration }).state;
    if (!('baseline' in plain)) throw new Error('expected a baseline');
    expect(plain.baseline).not.toHaveProperty('calibration');
    expect(calibrated).toEqual({ ...plain, baseline: { ...plain.baseline, calibration } });
    const skippedCalibration = { fewestMs: 30_000, timeLimitMs: 8_000 };
    const skipped = step(state, { ...event, skippedCalibration }).state;
    expect(skipped).toEqual({ ...plain, baseline: { ...plain.baseline, skippedCalibration } });
  });
});

describe('an event that answers no open work is refused', () => {
  const unexpected: unknown = expect.objectContaining({ code: 'SEARCH_EVENT_UNEXPECTED' });

  it('of another kind', () => {
    expect(() => step(start(), { type: 'blocks-measured', entries: [] })).toThrow(unexpected);
  });

  it('of another architecture', () => {
    const event = {
      type: 'architecture-measured',
      architectureHash: 'other',
      latencyMs: exactly(5),
    } as const;
    expect(() => step(start(), event)).toThrow(unexpected);
  });

  it('that was taken already', () => {
    for (const { event, state } of entries) expect(() => step(state, event)).toThrow(unexpected);
  });

  it('once the search is over', () => {
    const last = journal.lastState ?? start();
    const failure = { type: 'failed', work: 'none', code: 'X', message: '' } as const;
    expect(() => step(last, failure)).toThrow(unexpected);
  });
});

describe('a result of no use is refused', () => {
  const measured = entries[0];

  it.each([
    ['negative', exactly(-1)],
    ['not finite', exactly(Number.POSITIVE_INFINITY)],
    ['outside its interval', { value: 3, low: 4, high: 5 }],
  ])('a latency that is %s', (_what, latencyMs) => {
    if (measured?.event.type !== 'architecture-measured') throw new Error('the search measures first');
    const event = { ...measured.event, latencyMs };
    expect(() => step(start(), event)).toThrow(expect.objectContaining({ code: 'SEARCH_RESULT_INVALID' }));
  });

  it('a table that lacks a block', () => {
    if (measured === undefined) throw new Error('the search measures first');
    expect(() => step(measured.state, { type: 'blocks-measured', entries: [] })).toThrow(
      expect.objectContaining({ code: 'SEARCH_RESULT_INVALID', where: 'down_blocks.0.resnets.0' }),
    );
  });

  it('a calibration that turns costs into nothing, or is by networks that took no time', () => {
    const { state, event } = steps.find((each) => each.event.type === 'blocks-measured') ?? {};
    if (state === undefined || event?.type !== 'blocks-measured') throw new Error('no table was measured');
    const network = { architectureHash: 'a network', sumMs: 5, predictedMs: 5, measuredMs: 5 };
    const withCalibration = (factor: number, measuredMs: number): (() => unknown) => {
      const calibration = { method: 'isolated', factor, networks: [{ ...network, measuredMs }] } as const;
      return () => step(state, { ...event, calibration });
    };
    const refused = (where: string): unknown =>
      expect.objectContaining({ code: 'SEARCH_RESULT_INVALID', where });
    expect(withCalibration(0, 5)).toThrow(refused('calibration'));
    expect(withCalibration(1, 0)).toThrow(refused('a network'));
    expect(withCalibration(1, 5)).not.toThrow();
  });
});

function replay(state: SearchState, events: readonly SearchEvent[]): SearchState {
  return events.reduce((before, event) => step(before, event).state, state);
}

function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFrozen);
  return Object.freeze(value);
}
