import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { verifyDecisions } from '../../src/cli/verify-run/verify-decisions.js';
import { SnapEvoError } from '../../src/errors/snapevo-error.js';
import type { SearchEvent } from '../../src/search/event.js';
import { STATE_VERSION } from '../../src/search/state.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { arbitraryWorld } from '../support/simulated-world.js';
import { storeSearch, tinySearchConfig } from './stored-search.js';
import { minuteClock } from './stored-runs.js';

let store: MemoryStore;
let id: string;

const newStore = (): MemoryStore => new MemoryStore({ nowMs: minuteClock(), drawSuffix: () => 1 });

beforeEach(async () => {
  store = newStore();
  id = await storeSearch(store);
});

const verify = (): ReturnType<typeof verifyDecisions> => verifyDecisions(store, store.readRun(id));

type Reader =
  | 'readRounds'
  | 'readCandidates'
  | 'readArchitectures'
  | 'readActions'
  | 'readCheckpoints'
  | 'readEvents'
  | 'readState';
type Leaf = string | number | boolean | null;

/** Has the store read something else than was stored. */
function tamper(reader: Reader, change: (read: never) => unknown): void {
  const read = store[reader].bind(store) as (runId: string) => never;
  (store as unknown as Record<Reader, (runId: string) => unknown>)[reader] = (runId) => change(read(runId));
}

/** Paths to the numbers, texts, flags and nulls of a JSON value, each as keys from the top. */
function leavesOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, part]) => leavesOf(part, [...path, key]));
}

function changeLeaf(value: unknown, path: readonly string[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return otherThan(value as Leaf);
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = changeLeaf(copy[key], rest);
  return copy;
}

function otherThan(leaf: Leaf): Leaf {
  if (typeof leaf === 'number') return leaf + 1;
  if (typeof leaf === 'string') return `${leaf}x`;
  return leaf === null ? 1 : !leaf;
}

describe('verifyDecisions', () => {
  it('comes to what was stored, in whatever world, however far the search was', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryWorld, fc.integer({ min: 1, max: 80 }), async (world, mostEvents) => {
        store = newStore();
        id = await storeSearch(store, { world, mostEvents });
        const { events, skipped, findings } = verify();
        expect({ skipped, findings }).toEqual({ skipped: '', findings: [] });
        expect(events).toBe(store.readEvents(id).length);
      }),
      { numRuns: 20 },
    );
  }, 60_000);

  it('comes to what was stored past a failure', () => {
    const events = store.readEvents(id);
    const { state } = store.readState(id) ?? { state: null };
    const failure = { type: 'failed', work: 'training', code: 'RUN_FAILED', message: 'no room' };
    tamper('readEvents', () => [
      ...events.slice(0, 7),
      { sequence: 8, atMs: 0, event: failure },
      ...events.slice(7).map((each) => ({ ...each, sequence: each.sequence + 1 })),
    ]);
    tamper('readState', () => ({ sequence: events.length + 1, state }));
    expect(verify()).toMatchObject({ events: events.length + 1, findings: [] });
  });

  it.each([
    ['readRounds', 'round ', []],
    ['readCandidates', 'candidate ', []],
    ['readArchitectures', ' architecture ', ['parameterCount']],
    ['readActions', 'action ', []],
    ['readCheckpoints', 'record of checkpoints/', ['sizeBytes']],
  ] as const)('finds every change to the first row of %s', (reader, name, unknown) => {
    const [first, ...others] = store[reader](id) as readonly object[];
    const known = leavesOf(first).filter(([field = '']) => !(unknown as readonly string[]).includes(field));
    expect(known.length).toBeGreaterThan(3);
    let changed: unknown;
    tamper(reader, () => [changed, ...others]);
    for (const path of known) {
      changed = changeLeaf(first, path);
      const { findings } = verify();
      expect(findings, path.join('.')).not.toEqual([]);
      expect(findings.map(({ what }) => what).join(), path.join('.')).toContain(name);
    }
  });

  it('says of a row what it should be, and what it is', () => {
    tamper('readActions', ([first, ...others]: readonly object[]) => [{ ...first, kind: 'copy' }, ...others]);
    expect(verify().findings).toEqual([
      {
        what: 'action 1',
        where: id,
        message: 'expected kind "remove" by its events, found "copy"',
        hint: expect.stringContaining('Restore') as string,
      },
    ]);
  });

  it.each(['readRounds', 'readCandidates', 'readArchitectures', 'readActions', 'readCheckpoints'] as const)(
    'finds that a row of %s is gone, or one too many',
    (reader) => {
      const rows = store[reader](id) as readonly object[];
      let read = rows.slice(1);
      tamper(reader, () => read);
      expect(verify().findings).toMatchObject([
        { message: expect.stringMatching(/, found nothing$/) as string },
      ]);
      read = [...rows, { ...rows[0], round: 99, index: 99, file: 'checkpoints/none' }];
      expect(verify().findings).toMatchObject([
        { message: expect.stringMatching(/^expected nothing by its events/) as string },
      ]);
    },
  );

  it('finds any change to the state', () => {
    const { sequence, state } = store.readState(id) ?? { sequence: 0, state: null };
    let changed: unknown;
    tamper('readState', () => ({ sequence, state: changed }));
    const paths = leavesOf(state).filter(([field]) => field !== 'version');
    fc.assert(
      fc.property(fc.constantFrom(...paths), (path) => {
        changed = changeLeaf(state, path);
        expect(verify().findings).not.toEqual([]);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('finds every change to a score', () => {
    const events = store.readEvents(id);
    let changed = -1;
    tamper('readEvents', () =>
      events.map((each, index) => {
        const event = each.event as SearchEvent;
        if (index !== changed || event.type !== 'scored') return each;
        const [first = 0, ...others] = event.scores;
        return { ...each, event: { ...event, scores: [first + 1e-9, ...others] } };
      }),
    );
    const scored = events.flatMap(({ event }, index) =>
      (event as SearchEvent).type === 'scored' ? [index] : [],
    );
    expect(scored.length).toBeGreaterThan(10);
    for (changed of scored) expect(verify().findings, `event ${changed + 1}`).not.toEqual([]);
  });

  it('names the event that does not follow from those before it', () => {
    tamper('readEvents', (events: readonly { sequence: number; event: object }[]) =>
      events.map((each) =>
        each.sequence === 5 ? { ...each, event: { ...each.event, type: 'blocks-measured' } } : each,
      ),
    );
    expect(verify()).toMatchObject({
      events: 4,
      findings: [{ what: 'event 5', message: expect.stringContaining("doesn't follow") as string }],
    });
  });

  it.each([
    ['in the midst', 3],
    ['at the end', -1],
  ])('finds that an event %s is missing', (_, index) => {
    tamper('readEvents', (events: readonly unknown[]) => events.toSpliced(index, 1));
    expect(verify().findings).toMatchObject([{ what: 'events' }]);
  });

  it('finds that the configuration is another', () => {
    const run = store.readRun(id);
    const config = tinySearchConfig();
    const seeded = { ...run, config: { ...config, seed: 1 } };
    expect(verifyDecisions(store, seeded).findings).not.toEqual([]);
    const broken = { ...run, config: { ...config, search: 'none' } };
    expect(verifyDecisions(store, broken).findings).toMatchObject([{ what: 'configuration' }]);
  });

  it('collects what cannot be read, and decides nothing from it', () => {
    const damaged = (): never => {
      throw new SnapEvoError({ code: 'STORE_DAMAGED', message: 'expected a row', hint: 'Do this.' });
    };
    tamper('readActions', damaged);
    tamper('readState', damaged);
    const { events, skipped, findings } = verify();
    expect({ events, skipped }).toEqual({ events: 0, skipped: 'not all of it can be read' });
    expect(findings).toEqual(
      ['state', 'actions'].map((what) => ({ what, where: id, message: 'expected a row', hint: 'Do this.' })),
    );
  });

  it('passes over other errors', () => {
    tamper('readActions', () => {
      throw new Error('a fault');
    });
    expect(verify).toThrow('a fault');
  });

  it('leaves out a state of another layout, and a search that has not begun', () => {
    tamper('readState', () => ({ sequence: 1, state: { version: STATE_VERSION - 1 } }));
    expect(verify()).toMatchObject({
      events: 0,
      findings: [],
      skipped: expect.stringContaining('layout') as string,
    });
    tamper('readState', () => undefined);
    tamper('readEvents', () => []);
    expect(verify()).toMatchObject({ events: 0, findings: [], skipped: 'nothing was decided yet' });
  });
});
