import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseNetworkProfile } from '../../src/latency/network-profile.js';

interface Event {
  name: string;
  cat: string;
  ts: number;
  dur: number;
}

const forward = (ts: number, dur: number): Event => ({ name: 'model_run', cat: 'Session', ts, dur });
const kernel = (node: string, ts: number, dur: number): Event => ({
  name: `${node}_kernel_time`,
  cat: 'Node',
  ts,
  dur,
});
const parse = (events: unknown): ReturnType<typeof parseNetworkProfile> =>
  parseNetworkProfile(JSON.stringify(events), 'profile.json');

describe('a profile', () => {
  test('is summed up by forward and by the scope before the bar', () => {
    const forwards = parse([
      { name: 'session_initialization', cat: 'Session', ts: 0, dur: 90 },
      kernel('conv_in|Conv.1', 100, 1_000),
      kernel('mid_block.resnets.0|Conv.2', 1_100, 2_000),
      kernel('mid_block.resnets.0|Mul.3/QuickGeluFusion/', 3_100, 500),
      { name: 'SequentialExecutor::Execute', cat: 'Session', ts: 99, dur: 3_600 },
      forward(98, 3_700),
      kernel('mid_block.resnets.0|Conv.2', 5_000, 3_000),
      forward(4_900, 3_200),
    ]);
    expect(forwards).toEqual([
      {
        kernelsMs: 3.5,
        scopesMs: new Map([
          ['conv_in', 1],
          ['mid_block.resnets.0', 2.5],
        ]),
      },
      { kernelsMs: 3, scopesMs: new Map([['mid_block.resnets.0', 3]]) },
    ]);
  });

  test('gives nodes that lost their name to their neighbours, where these agree', () => {
    const [only] = parse([
      forward(0, 100),
      kernel('Transpose', 1, 1_000),
      kernel('a|Conv.1', 2, 1_000),
      kernel('Transpose_token_1', 3, 10_000),
      kernel('Transpose_token_2', 4, 20_000),
      kernel('a|Conv.2', 5, 1_000),
      kernel('Transpose_token_3', 6, 1_000),
      kernel('b|Conv.2', 7, 1_000),
    ]);
    expect(only?.scopesMs).toEqual(
      new Map([
        ['a', 32],
        ['b', 1],
      ]),
    );
    expect(only?.kernelsMs).toBe(35);
  });

  test('may list its events in any order', () => {
    const events = [
      forward(0, 10),
      kernel('a|X.1', 1, 5),
      kernel('b|X.2', 7, 2),
      forward(20, 10),
      kernel('a|X.1', 21, 5),
    ];
    const expected = parse(events);
    fc.assert(
      fc.property(fc.shuffledSubarray(events, { minLength: events.length }), (shuffled) => {
        expect(parse(shuffled)).toEqual(expected);
      }),
    );
  });

  test('may hold anything else', () => {
    const good = [forward(0, 10), kernel('a|X.1', 1, 5_000)];
    const strange = [
      null,
      7,
      'text',
      [],
      {},
      { ...kernel('a|X.1', 2, 1), dur: -1 },
      { ...kernel('a|X.1', 2, 1), dur: '9' },
      { ...kernel('a|X.1', 2, 1), ts: 1e300 },
      { ...kernel('a|X.1', 2, 1), cat: 'Other' },
      { ...kernel('a|X.1', 2, 1), name: null },
      kernel('outside|X.1', 50, 1),
      forward(100, 5),
    ];
    expect(parse([...strange, ...good, ...strange])).toEqual([
      { kernelsMs: 5, scopesMs: new Map([['a', 5]]) },
    ]);
  });

  test('may name its scopes after what objects have', () => {
    const [only] = parse([forward(0, 10), kernel('__proto__|X.1', 1, 5_000), kernel('|X.2', 2, 1_000)]);
    expect(only?.scopesMs.get('__proto__')).toBe(5);
    expect(only?.scopesMs.get('')).toBe(1);
  });

  test.each([
    ['', 'not JSON'],
    ['[{"name": "model_run", "cat": ', 'not JSON'],
    ['{"name": "model_run"}', 'not a list'],
    ['[]', 'no forward'],
    [JSON.stringify([forward(0, 10)]), 'no forward'],
    [JSON.stringify([kernel('a|X.1', 1, 5)]), 'no forward'],
  ])('is refused when it reads %j', (text, reason) => {
    expect(() => parseNetworkProfile(text, 'profile.json')).toThrow(reason);
    expect(() => parseNetworkProfile(text, 'profile.json')).toThrow(
      expect.objectContaining({ code: 'LATENCY_PROFILE_UNREADABLE', where: 'profile.json' }) as Error,
    );
  });

  test('of any JSON at all is read or refused in order', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        try {
          parseNetworkProfile(text, 'profile.json');
        } catch (error) {
          expect(error).toMatchObject({ code: 'LATENCY_PROFILE_UNREADABLE' });
        }
      }),
    );
  });
});
