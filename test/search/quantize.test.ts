import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantizeBlock, removeBlock } from '../../src/architecture/architecture.js';
import { removalCandidates } from '../../src/search/candidate.js';
import { CLOCK_TICK_MS } from '../../src/search/latency-table.js';
import { rankRemovals } from '../../src/search/ranking.js';
import { runSearch } from '../../src/search/run-search.js';
import { initialState } from '../../src/search/state.js';
import { step } from '../../src/search/step.js';
import { smallUnet } from '../support/architectures.js';
import { exactly, MemoryJournal, options, portsInto, search } from '../support/search-fakes.js';
import { arbitraryWorld, calmWorld, trueLatencyMs } from '../support/simulated-world.js';

/** Worlds in which T can't tell what removing a block saves once int8 has saved most of it. */
const leftovers = { ...calmWorld, int8: { saves: 0.8, costs: 0.1 }, latencyNoiseMs: 2 };

describe('weights of int8', () => {
  const changes = { copyCandidates: 0, quantize: true } as const;

  it('are tried of every block in full precision, beside its removal', async () => {
    const { journal } = await search(calmWorld, { ...changes, maxRounds: 2 });
    const tried = (round: number): string[] =>
      journal.candidates
        .filter((each) => each.round === round && each.actionKind === 'quantize')
        .map(({ block }) => block);
    const ids = smallUnet.blocks.map(({ id }) => id);
    expect(tried(1).toSorted()).toEqual(ids.toSorted());
    const acted = journal.actions.filter(({ round }) => round === 1).flatMap(({ blocks }) => blocks);
    expect(tried(2).toSorted()).toEqual(ids.filter((id) => !acted.includes(id)).toSorted());
  });

  it('go to blocks that lose less by them for each millisecond than others by their removal', async () => {
    const { done, journal } = await search(calmWorld, changes);
    expect(done.budgetMet).toBe(true);
    const { blocks } = done.chosen.architecture;
    expect(blocks.filter(({ precision }) => precision === 'int8').length).toBeGreaterThan(4);
    expect(done.latencyMs.value).toBeCloseTo(trueLatencyMs(calmWorld, done.chosen.architecture), 9);
    expect(done.clip.value).toBeGreaterThan((await search(calmWorld, { copyCandidates: 0 })).done.clip.value);
    expect(journal.candidates.find(({ actionKind }) => actionKind === 'quantize')?.reason).toMatch(
      /^int8 changes CLIP by /,
    );
  });

  it('are none where they save nothing, and where nobody asked for them', async () => {
    const useless = { ...calmWorld, int8: { saves: 0, costs: 0 } };
    const { journal } = await search(useless, changes);
    const tried = journal.candidates.filter(({ actionKind }) => actionKind === 'quantize');
    expect(tried.every(({ status }) => status === 'excluded')).toBe(true);
    const asBefore = await search(calmWorld, { copyCandidates: 0 });
    expect(asBefore.journal.candidates.map(({ actionKind }) => actionKind)).not.toContain('quantize');
  });

  it('and the removal of a block are never done together', async () => {
    const world = { ...calmWorld, loss: {}, matureLoss: {} };
    const { journal } = await search(world, { ...changes, groupSize: 4, budget: { ratioOfOriginal: 0.3 } });
    for (const round of new Set(journal.actions.map((each) => each.round))) {
      const blocks = journal.actions.filter((each) => each.round === round).flatMap((each) => each.blocks);
      expect(new Set(blocks).size).toBe(blocks.length);
    }
  });

  it('of a model that has some already are known what they save, though no more may be had', async () => {
    const block = 'mid_block.attentions.0';
    const journal = new MemoryJournal();
    const original = quantizeBlock(smallUnet, block);
    const begin = initialState({ ...options, copyCandidates: 0 }, original, 'pretrained');
    const { outcome } = await runSearch(portsInto(calmWorld, journal), begin);
    expect(outcome).toBe('finished');
    const first = journal.candidates.find((each) => each.round === 1 && each.block === block);
    expect(first?.deltaLatencyMs.value).toBeCloseTo(10 * (1 - calmWorld.int8.saves), 9);
    expect(journal.candidates.map(({ actionKind }) => actionKind)).not.toContain('quantize');
  });

  it('are of no use to a search that is not told what they save', async () => {
    const { journal } = await search(calmWorld, { ...changes, maxRounds: 1 });
    const at = journal.entries.findIndex(({ event }) => event.type === 'blocks-measured');
    const [before, after] = [journal.entries[at - 1], journal.entries[at]];
    if (before === undefined || after?.event.type !== 'blocks-measured')
      throw new Error('no table was measured');
    const { event } = after;
    const entries = event.entries.map(({ int8SavingMs: _, ...entry }) => entry);
    const useless = { ...exactly(1), low: Number.NaN };
    for (const wrong of [entries, event.entries.map((entry) => ({ ...entry, int8SavingMs: useless }))]) {
      expect(() => step(before.state, { ...event, entries: wrong })).toThrow(
        expect.objectContaining({ code: 'SEARCH_RESULT_INVALID' }),
      );
    }
    expect(() => step(before.state, event)).not.toThrow();
  });

  it('keep no block from being removed, in a round of its own when nothing else is left to be done', async () => {
    const budget = { ratioOfOriginal: 0.15 } as const;
    const { done, journal } = await search(leftovers, { ...changes, budget, maxRounds: 40, groupSize: 3 });
    expect(done.budgetMet).toBe(true);
    const last = journal.candidates.filter(
      ({ reason, status }) => status === 'chosen' && reason.includes(' int8 has'),
    );
    expect(last.length).toBeGreaterThan(0);
    for (const { round, value, actionKind } of last) {
      expect([actionKind, value]).toEqual(['remove', null]);
      const others = journal.candidates.filter((each) => each.round === round && each.status === 'ranked');
      expect(others.filter(({ reason }) => !reason.includes(' int8 has'))).toEqual([]);
      expect(journal.actions.find((each) => each.round === round)?.blocks).toHaveLength(1);
    }
  });

  it.each(['snapevo', 'literal'] as const)(
    'of which int8 has left nothing certain to save go last, not first: %s',
    (scoring) => {
      const table = smallUnet.blocks.map(({ id }) => ({
        ...{ block: id, presentMs: exactly(3), skippedMs: exactly(0) },
        int8SavingMs: { value: 3.05, low: 2.9, high: 3.2 },
      }));
      const [block = ''] = smallUnet.blocks
        .filter(({ changesChannels }) => !changesChannels)
        .map(({ id }) => id);
      const candidates = removalCandidates(quantizeBlock(smallUnet, block), table, { ...options, scoring });
      const scored = candidates.map((candidate) => {
        const loss = candidate.action.block === block ? 0.2 : 0.001;
        const score = { clip: exactly(0.3), deltaClip: exactly(loss), imageCount: 8 };
        return { ...candidate, scores: [0.3], score, worstLoss: { low: loss, high: loss } };
      });
      const order = rankRemovals(scored, { scoring, lossTolerance: 0.0005 });
      expect(order.filter(({ excluded }) => excluded === null).at(-1)?.action.block).toBe(block);
    },
  );

  it('reach every budget that removals alone reach, in rounds enough', async () => {
    const uncertain = fc
      .record({
        world: arbitraryWorld,
        saves: fc.constantFrom(0.6, 0.8, 0.95),
        latencyNoiseMs: fc.constantFrom(0.5, 1, 2),
      })
      .map(({ world, saves, latencyNoiseMs }) => ({ ...world, int8: { saves, costs: 0.1 }, latencyNoiseMs }));
    const settings = fc.record({
      groupSize: fc.integer({ min: 1, max: 4 }),
      scoring: fc.constantFrom('snapevo' as const, 'literal' as const),
      pass: fc.constantFrom('full' as const, 'racing' as const),
    });
    await fc.assert(
      fc.asyncProperty(uncertain, settings, async (world, chosen) => {
        const removable = smallUnet.blocks
          .map(({ id }) => id)
          .filter((id) => (world.costMs[id] ?? 0) - world.latencyNoiseMs > CLOCK_TICK_MS);
        const ms = trueLatencyMs(world, removable.reduce(removeBlock, smallUnet));
        const common = {
          ...{ ...chosen, budget: { ms }, maxRounds: 20, patience: 1 },
          ...{ copyCandidates: 0, captionCount: 4, trainStepsPerRound: 4, finetuneSteps: 0 },
        };
        for (const quantize of [false, true]) {
          expect((await search(world, { ...common, quantize })).done.budgetMet).toBe(true);
        }
      }),
      { numRuns: 15 },
    );
  });
});
