import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conductSearch, type SearchParts } from '../../src/cli/search-run/conduct-search.js';
import { SearchDisplay } from '../../src/cli/search-run/search-display.js';
import { SearchNarrator } from '../../src/cli/search-run/search-narrator.js';
import { createTerminal } from '../../src/cli/terminal/terminal.js';
import { runSearch } from '../../src/search/run-search.js';
import { initialState } from '../../src/search/state.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import type { Store } from '../../src/store/store.js';
import { smallUnet } from '../support/architectures.js';
import { MemoryJournal, options, portsInto } from '../support/search-fakes.js';
import { KeptWeights } from '../support/kept-weights.js';
import { arbitraryWorld, calmWorld, type World } from '../support/simulated-world.js';
import { RecordedStream } from './recorded-cli.js';
import { minuteClock } from './stored-runs.js';

const portsOf = (world: World): SearchParts['ports'] => {
  const { journal: _, ...ports } = portsInto(world, new MemoryJournal());
  return ports;
};

const partsOf = (world: World, weights: KeptWeights): SearchParts => ({
  options,
  original: smallUnet,
  countParameters: (canonicalForm) => canonicalForm.length,
  ...weights.within(portsOf(world)),
});

interface Stage {
  readonly store: Store;
  readonly runId: string;
  readonly weights: KeptWeights;
  readonly output: RecordedStream;
  readonly notes: RecordedStream;
  readonly conduct: (signal?: AbortSignal, asJson?: boolean) => ReturnType<typeof conductSearch>;
}

function setTheStage(world = calmWorld): Stage {
  const weights = new KeptWeights();
  const nowMs = minuteClock();
  const store = new MemoryStore({ nowMs, drawSuffix: () => 1 });
  const { id: runId } = store.createRun({
    kind: 'search',
    name: 'test',
    config: {},
    snapevoVersion: '1',
    deviceFingerprint: 'simulated',
    inputs: {},
  });
  store.lockRun(runId);
  const [output, notes] = [new RecordedStream(), new RecordedStream()];
  const terminal = createTerminal({ output, notes, environment: {}, elapsedMs: () => 0 });
  const display = new SearchDisplay(terminal.progress);
  const conduct = (signal = new AbortController().signal, asJson = false): ReturnType<typeof conductSearch> =>
    conductSearch(
      partsOf(world, weights),
      { store, runId },
      { display, narrator: new SearchNarrator(terminal, runId, { asJson, scope: 'step' }) },
      signal,
    );
  return { store, runId, weights, output, notes, conduct };
}

describe('conductSearch', () => {
  it('stores what the search tells, with the parameters counted', async () => {
    const { store, runId, conduct } = setTheStage();
    const { outcome } = await conduct();
    expect(outcome).toBe('finished');
    const journal = new MemoryJournal();
    await runSearch({ ...portsOf(calmWorld), journal }, initialState(options, smallUnet, 'pretrained'));
    expect(store.readEvents(runId).map(({ event }) => event)).toEqual(
      journal.entries.map(({ event }) => event),
    );
    expect(store.readActions(runId)).toEqual(journal.actions);
    expect(store.readRounds(runId)).toEqual(journal.rounds);
    for (const { parameterCount, canonicalForm } of store.readArchitectures(runId)) {
      expect(parameterCount).toBe(canonicalForm.length);
    }
  });

  it('keeps the weights it will need, and rows of those alone, in whatever world', async () => {
    let revisits = 0;
    await fc.assert(
      fc.asyncProperty(arbitraryWorld, async (world) => {
        const { store, runId, weights, conduct } = setTheStage(world);
        const append = store.appendEvent.bind(store);
        let expected: readonly string[] = [];
        store.appendEvent = (id, commit) => {
          // What is stored with an event is what is left after it; what the event before had is left until now.
          const files = (commit.checkpoints ?? []).map(({ sha256 }) => sha256);
          expect(weights.references).toEqual(expect.arrayContaining([...new Set([...expected, ...files])]));
          expected = files;
          return append(id, commit);
        };
        expect((await conduct()).outcome).toBe('finished');
        expect(weights.references.toSorted()).toEqual(expected.toSorted());
        expect(
          store
            .readCheckpoints(runId)
            .map(({ sha256 }) => sha256)
            .toSorted(),
        ).toEqual(expected.toSorted());
        revisits += weights.revisited.size;
      }),
      { numRuns: 10, examples: [[calmWorld]] },
    );
    expect(revisits).toBeGreaterThan(0);
  }, 60_000);

  it('goes on from where the store has it', async () => {
    const whole = setTheStage();
    await whole.conduct();
    const broken = setTheStage();
    const controller = new AbortController();
    const append = broken.store.appendEvent.bind(broken.store);
    broken.store.appendEvent = (id, commit) => {
      const sequence = append(id, commit);
      if (sequence === 7) controller.abort();
      return sequence;
    };
    expect((await broken.conduct(controller.signal)).outcome).toBe('interrupted');
    expect(broken.store.readEvents(broken.runId)).toHaveLength(7);
    expect((await broken.conduct()).outcome).toBe('finished');
    expect(broken.store.readActions(broken.runId)).toEqual(whole.store.readActions(whole.runId));
    expect(broken.store.readState(broken.runId)?.state).toEqual(whole.store.readState(whole.runId)?.state);
  });

  it('tells people what is done and decided', async () => {
    const { notes, conduct } = setTheStage();
    await conduct();
    expect(notes.text).toMatch(/^original: .* ms a step, CLIP /m);
    expect(notes.text).toMatch(/^round 1, robust training: 0\/10$/m);
    expect(notes.text).toMatch(/^round 1, robust training: 10\/10$/m);
    expect(notes.text).toMatch(/^round 1, scoring candidates: 0\/\d+$/m);
    expect(notes.text).toMatch(/^round 1: .* ms a step, CLIP .*, budget of .* ms not met$/m);
    expect(notes.text).toMatch(/^round 1: remove \S+.*: /m);
    expect(notes.text).toMatch(/^fine tuning: 0\/6$/m);
    expect(notes.text).toMatch(/^final: .* ms a step, CLIP /m);
  });

  it('tells programs every row, a line of JSON each', async () => {
    const { output, runId, conduct } = setTheStage();
    await conduct(undefined, true);
    const rows = output.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; run: string });
    expect(new Set(rows.map(({ type }) => type))).toEqual(
      new Set(['architecture', 'round', 'candidate', 'action']),
    );
    expect(new Set(rows.map(({ run }) => run))).toEqual(new Set([runId]));
  });
});
