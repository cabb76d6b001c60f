import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SnapEvoError } from '../../src/errors/snapevo-error.js';
import type { SearchPorts, TrainRequest } from '../../src/search/ports.js';
import { runSearch } from '../../src/search/run-search.js';
import type { SearchProgress } from '../../src/search/run-search.js';
import { STATE_VERSION } from '../../src/search/state.js';
import type { SearchState } from '../../src/search/state.js';
import { step } from '../../src/search/step.js';
import { MemoryJournal, portsInto, search, start } from '../support/search-fakes.js';
import { arbitraryWorld, calmWorld } from '../support/simulated-world.js';

const SHORT = { maxRounds: 4, groupSize: 3, patience: 1, budget: { ratioOfOriginal: 0.8 } };

describe('a search that is interrupted', () => {
  it('anywhere, any number of times, goes on to the same end', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryWorld,
        fc.array(fc.integer({ min: 0, max: 25 })),
        async (world, patiences) => {
          const whole = await search(world, SHORT);
          const journal = new MemoryJournal();
          let state: SearchState = start(SHORT);
          for (const units of patiences) {
            await runSearch(portsInto(world, journal), state, { signal: abortAfter(units, journal) });
            state = journal.lastState ?? start(SHORT);
          }
          await runSearch(portsInto(world, journal), state);
          expect(journal.entries).toEqual(whole.journal.entries);
        },
      ),
      { numRuns: 15 },
    );
  }, 60_000);

  it('stops before the next unit of work, with everything stored', async () => {
    const journal = new MemoryJournal();
    const result = await runSearch(portsInto(calmWorld, journal), start(), {
      signal: abortAfter(5, journal),
    });
    expect(result.outcome).toBe('interrupted');
    expect(journal.entries).toHaveLength(5);
    expect(journal.lastState).toEqual(result.state);
  });

  it('and killed before a result was stored, does that unit again', async () => {
    const whole = await search(calmWorld, SHORT);
    for (const lost of [0, 4, 9, 14, 17]) {
      const journal = new MemoryJournal();
      const failing = {
        append: () => {
          throw new Error('killed');
        },
      };
      await runSearch(portsInto(calmWorld, journal), start(SHORT), { signal: abortAfter(lost, journal) });
      const state = journal.lastState ?? start(SHORT);
      await expect(runSearch(portsInto(calmWorld, failing), state)).rejects.toThrow('killed');
      await runSearch(portsInto(calmWorld, journal), state);
      expect(journal.entries).toEqual(whole.journal.entries);
    }
  });
});

describe('a trainer that prepares', () => {
  it('is told of the very training that a round begins with, while what decides on it is scored', async () => {
    const whole = await search(calmWorld, SHORT);
    const journal = new MemoryJournal();
    const { trainer, ...ports } = portsInto(calmWorld, journal);
    let prepared: TrainRequest | undefined;
    const begun: (readonly [TrainRequest, TrainRequest | undefined])[] = [];
    const preparing: SearchPorts['trainer'] = {
      prepare: (request) => {
        prepared = request;
      },
      train: (request) => {
        if (prepared !== undefined) begun.push([request, prepared]);
        prepared = undefined;
        return trainer.train(request);
      },
    };
    await runSearch({ ...ports, trainer: preparing }, start(SHORT));
    expect(journal.entries).toEqual(whole.journal.entries);
    expect(begun.length).toBeGreaterThan(1);
    for (const [asked, told] of begun) expect(told).toEqual(asked);
  });

  it('may be told of one that does not come', async () => {
    const told: TrainRequest[] = [];
    await fc.assert(
      fc.asyncProperty(arbitraryWorld, async (world) => {
        const whole = await search(world, SHORT);
        const journal = new MemoryJournal();
        const ports = portsInto(world, journal);
        const trainer = { ...ports.trainer, prepare: (request: TrainRequest) => void told.push(request) };
        await runSearch({ ...ports, trainer }, start(SHORT));
        expect(journal.entries).toEqual(whole.journal.entries);
      }),
      { numRuns: 10 },
    );
    expect(told.length).toBeGreaterThan(0);
  }, 60_000);
});

describe('the event log', () => {
  it('replays to the same states', async () => {
    const { journal } = await search(calmWorld);
    let state: SearchState = start();
    for (const entry of journal.entries) {
      state = step(JSON.parse(JSON.stringify(state)) as SearchState, entry.event).state;
      expect(JSON.parse(JSON.stringify(state))).toEqual(entry.state);
    }
    expect(state.phase).toBe('done');
  });

  it('carries nothing that JSON would change', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryWorld, fc.constantFrom('snapevo', 'literal'), async (world, scoring) => {
        const commits: unknown[] = [];
        const journal = { append: (entry: unknown) => void commits.push(entry) };
        await runSearch(portsInto(world, journal), start({ ...SHORT, scoring }));
        expect(JSON.parse(JSON.stringify(commits))).toEqual(commits);
      }),
      { numRuns: 10 },
    );
  }, 60_000);
});

describe('work that fails', () => {
  it('is journaled, thrown, and open for another try', async () => {
    const journal = new MemoryJournal();
    const ports = portsInto(calmWorld, journal);
    const failing: SearchPorts = {
      ...ports,
      trainer: {
        train: () =>
          Promise.reject(new SnapEvoError({ code: 'TRAINING_DIVERGED', message: 'the loss is NaN' })),
      },
    };
    await expect(runSearch(failing, start())).rejects.toThrow('the loss is NaN');
    expect(journal.entries.at(-1)?.event).toEqual({
      type: 'failed',
      work: 'robust training, steps 0 to 4',
      code: 'TRAINING_DIVERGED',
      message: 'the loss is NaN',
    });
    const failed = journal.lastState ?? start();
    expect(failed.failure?.code).toBe('TRAINING_DIVERGED');
    const { state } = await runSearch(ports, failed);
    expect(state).toEqual((await search(calmWorld)).done);
  });

  it('is told of together with the journal, where that fails too', async () => {
    const first = new Error('the loss is NaN');
    const ports = portsInto(calmWorld, {
      append: () => {
        throw new Error('disk full');
      },
    });
    const failing = {
      ...ports,
      latencyMeter: { ...ports.latencyMeter, measureArchitecture: () => Promise.reject(first) },
    };
    await expect(runSearch(failing, start())).rejects.toMatchObject({
      code: 'FAILURE_NOT_STORED',
      message: expect.stringMatching(/the loss is NaN.*disk full/) as string,
      cause: first,
    });
  });

  it.each([
    ['too few scores', { score: () => Promise.resolve({ scores: [0.3] }) }],
    [
      'scores that are not numbers',
      { score: () => Promise.resolve({ scores: Array<number>(6).fill(Number.NaN) }) },
    ],
  ])('includes results of no use: %s', async (_what, scorer) => {
    const journal = new MemoryJournal();
    await expect(runSearch({ ...portsInto(calmWorld, journal), scorer }, start())).rejects.toThrow(
      expect.objectContaining({ code: 'SEARCH_RESULT_INVALID' }),
    );
    expect(journal.lastState?.failure?.code).toBe('SEARCH_RESULT_INVALID');
  });
});

describe('the driver', () => {
  it('tells of each unit before it is done', async () => {
    const told: SearchProgress[] = [];
    const journal = new MemoryJournal();
    await runSearch(portsInto(calmWorld, journal), start(SHORT), {
      onProgress: (progress) => told.push(progress),
    });
    expect(told).toHaveLength(journal.entries.length);
    expect(told.find(({ state }) => state.phase === 'scoring-candidates')?.openCount).toBe(9);
  });

  it('refuses a state of another version', async () => {
    const state = { ...start(), version: STATE_VERSION - 1 } as unknown as SearchState;
    await expect(runSearch(portsInto(calmWorld, new MemoryJournal()), state)).rejects.toThrow(
      expect.objectContaining({ code: 'RUN_STATE_UNREADABLE' }),
    );
  });
});

/** Fires once that many more entries are journaled. */
function abortAfter(units: number, journal: MemoryJournal): AbortSignal {
  const end = journal.length + units;
  const { signal } = new AbortController();
  Object.defineProperty(signal, 'aborted', { get: () => journal.length >= end });
  return signal;
}
