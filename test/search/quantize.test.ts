import { describe, expect, it } from 'vitest';
import { quantizeBlock } from '../../src/architecture/architecture.js';
import { runSearch } from '../../src/search/run-search.js';
import { initialState } from '../../src/search/state.js';
import { step } from '../../src/search/step.js';
import { smallUnet } from '../support/architectures.js';
import { exactly, MemoryJournal, options, portsInto, search } from '../support/search-fakes.js';
import { calmWorld, trueLatencyMs } from '../support/simulated-world.js';

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
});
