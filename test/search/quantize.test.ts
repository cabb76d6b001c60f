import { describe, expect, it } from 'vitest';
import { smallUnet } from '../support/architectures.js';
import { search } from '../support/search-fakes.js';
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
});
