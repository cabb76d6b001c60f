import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../src/search/candidate.js';
import { removalCandidates, restoreCandidates } from '../../src/search/candidate.js';
import { mostValuable, rankAdditions, rankRemovals } from '../../src/search/ranking.js';
import type { RankedCandidate } from '../../src/search/ranking.js';
import { removeBlock } from '../../src/architecture/architecture.js';
import { smallUnet } from '../support/architectures.js';
import { addition, exactly, removal } from '../support/search-fakes.js';

const names = (ranking: readonly RankedCandidate[]): string[] => ranking.map(({ action }) => action.block);
const codes = (ranking: readonly RankedCandidate[]): string[] => ranking.map(({ reason }) => reason.code);

const bySnapEvo = { scoring: 'snapevo', lossTolerance: 0 } as const;
const literally = { scoring: 'literal', lossTolerance: 0 } as const;

const arbitraryRemovals = fc.uniqueArray(
  fc.record({
    block: fc.string({ minLength: 1, maxLength: 3 }),
    deltaClip: fc.constantFrom(-0.02, -0.01, 0, 0.01, 0.02),
    savedMs: fc.constantFrom(1, 2, 4),
  }),
  { selector: ({ block }) => block },
);

describe('the removal order', () => {
  it('puts what does not hurt first, largest saving first, then the rest by CLIP lost per millisecond', () => {
    const ranking = rankRemovals(
      [
        removal('dear', 0.02, 4),
        removal('cheap', 0.001, 1),
        removal('useless', 0, 3),
        removal('harmful', -0.02, 2),
        removal('middling', 0.004, 2),
      ],
      bySnapEvo,
    );
    expect(names(ranking)).toEqual(['useless', 'harmful', 'cheap', 'middling', 'dear']);
    expect(ranking.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5]);
    expect(codes(ranking)).toEqual(['harmless', 'harmless', 'by-value', 'by-value', 'by-value']);
    expect(ranking[3]?.value).toBeCloseTo(0.002, 12);
  });

  it('goes by what is lost at worst: what noise may favour comes after what surely costs little', () => {
    const uncertain = (block: string, low: number, value: number, high: number): Candidate => {
      const candidate = removal(block, value, 2);
      const score = candidate.score === null ? null : { ...candidate.score, deltaClip: { low, value, high } };
      return { ...candidate, score, worstLoss: { low: value, high } };
    };
    const ranking = rankRemovals(
      [
        uncertain('lucky', -0.04, -0.01, 0.02),
        uncertain('certain', 0.001, 0.002, 0.003),
        uncertain('helpful', -0.02, -0.01, -0.001),
      ],
      bySnapEvo,
    );
    expect(names(ranking)).toEqual(['helpful', 'certain', 'lucky']);
    expect(codes(ranking)).toEqual(['harmless', 'by-value', 'within-noise']);
    expect(ranking.at(-1)?.reason.text).toBe(
      'removing it changes CLIP by +0.0100, within its noise, and saves 2.000 ms: at most +0.0100 lost per ms',
    );
    expect(ranking.at(-1)?.value).toBeCloseTo(-0.005, 12);
  });

  it('takes what loses no more than the tolerance at worst for harmless, and of those what saves most', () => {
    const candidates = [
      removal('least', -0.02, 1),
      removal('edge', 0.01, 4),
      removal('more', 0.011, 40),
      removal('raced', 0.001, 2),
    ].map((each) =>
      each.action.block === 'raced' ? { ...each, worstLoss: { low: -0.1, high: 0.02 } } : each,
    );
    const ranking = rankRemovals(candidates, { ...bySnapEvo, lossTolerance: 0.01 });
    expect(names(ranking)).toEqual(['edge', 'least', 'more', 'raced']);
    expect(codes(ranking)).toEqual(['harmless', 'harmless', 'by-value', 'by-value']);
    expect(ranking[0]?.reason.text).toBe(
      'removing it changes CLIP by -0.0100, by -0.0100 at worst, and saves 4.000 ms',
    );
  });

  it('is the plain argmin when literal', () => {
    const candidates = [removal('small', -0.01, 1), removal('large', -0.02, 4), removal('dear', 0.001, 1)];
    expect(names(rankRemovals(candidates, literally))).toEqual(['small', 'large', 'dear']);
    expect(names(rankRemovals(candidates, bySnapEvo))).toEqual(['large', 'small', 'dear']);
  });

  it('breaks ties by block name', () => {
    const candidates = [removal('b', 0.01, 1), removal('a', 0.02, 2), removal('d', 0, 2), removal('c', 0, 2)];
    expect(names(rankRemovals(candidates, bySnapEvo))).toEqual(['c', 'd', 'a', 'b']);
  });

  it('depends on the candidates, not on their order', () => {
    fc.assert(
      fc.property(arbitraryRemovals, fc.constantFrom(bySnapEvo, literally), (facts, options) => {
        const candidates = facts.map(({ block, deltaClip, savedMs }) => removal(block, deltaClip, savedMs));
        expect(rankRemovals(candidates.toReversed(), options)).toEqual(rankRemovals(candidates, options));
      }),
    );
  });

  it('never puts a block that hurts before one that does not, nor a larger value before a smaller', () => {
    fc.assert(
      fc.property(arbitraryRemovals, (facts) => {
        const ranking = rankRemovals(
          facts.map(({ block, deltaClip, savedMs }) => removal(block, deltaClip, savedMs)),
          bySnapEvo,
        );
        const losses = ranking.map(({ score }) => score?.deltaClip.value ?? Number.NaN);
        const harmless = losses.filter((loss) => loss <= 0).length;
        expect(losses.slice(0, harmless).every((loss) => loss <= 0)).toBe(true);
        const values = ranking.slice(harmless).map(({ value }) => value ?? Number.NaN);
        expect(values).toEqual(values.toSorted((one, other) => one - other));
        const savings = ranking.slice(0, harmless).map(({ savingMs }) => savingMs.value);
        expect(savings).toEqual(savings.toSorted((one, other) => other - one));
      }),
    );
  });
});

describe('candidates', () => {
  const noisy = { value: 0.2, low: -0.1, high: 0.5 };
  const table = smallUnet.blocks.map(({ id }, index) => ({
    block: id,
    presentMs: index === 0 ? noisy : exactly(5),
    skippedMs: exactly(0),
  }));

  it('leave out blocks whose saving is not above the noise, and say so', () => {
    const candidates = removalCandidates(smallUnet, table, {
      kinds: ['cross-attention', 'resnet'],
      scoring: 'snapevo',
    });
    const [last] = rankRemovals(candidates, bySnapEvo).slice(-1);
    expect(last).toMatchObject({
      action: { type: 'remove', block: 'down_blocks.0.resnets.0' },
      rank: null,
      value: null,
      reason: {
        code: 'saving-within-noise',
        text: 'what it saves is not above the noise of measuring (0.200 ms, 95% interval -0.100 to 0.500)',
      },
    });
    expect(candidates.filter(({ excluded }) => excluded === null)).toHaveLength(8);
  });

  it('keep it when literal, as the paper knows no noise', () => {
    const candidates = removalCandidates(smallUnet, table, {
      kinds: ['cross-attention', 'resnet'],
      scoring: 'literal',
    });
    expect(candidates.every(({ excluded }) => excluded === null)).toBe(true);
  });

  it('leave out kinds that are not searched', () => {
    const allowed = { kinds: ['cross-attention'], scoring: 'snapevo' } as const;
    const removals = removalCandidates(smallUnet, table, allowed);
    expect(removals.filter(({ excluded }) => excluded?.code === 'kind-not-searched')).toHaveLength(5);
    const without = removeBlock(smallUnet, 'mid_block.resnets.0');
    expect(restoreCandidates(without, table, allowed)[0]?.excluded?.code).toBe('kind-not-searched');
  });

  it('charge an addition what a removal saves', () => {
    const without = removeBlock(smallUnet, 'mid_block.resnets.0');
    const [restore] = restoreCandidates(without, table, { kinds: ['resnet'], scoring: 'snapevo' });
    expect(restore?.savingMs).toEqual(exactly(-5));
  });
});

describe('the order of additions', () => {
  const removals = rankRemovals(
    [removal('x', 0.03, 3), removal('y', 0.08, 4), removal('z', -0.01, 1)],
    bySnapEvo,
  );

  it('puts scored gains first, by gain per millisecond, then copies of the most valuable', () => {
    const ranking = rankAdditions(
      [
        addition('copy', 'x', -0.02, 3),
        addition('restore', 'slow', 0.02, 4),
        addition('copy', 'y', -0.03, 4),
        addition('restore', 'quick', 0.01, 1),
        addition('restore', 'bad', -0.01, 1),
        addition('restore', 'free', 0.001, { value: -0.1, low: -0.4, high: 0.2 }),
        addition('copy', 'z', 0, 1),
      ],
      removals,
      bySnapEvo,
    );
    expect(names(ranking)).toEqual(['free', 'quick', 'slow', 'y', 'x', 'bad', 'z']);
    expect(codes(ranking)).toEqual([
      'free-gain',
      'gain',
      'gain',
      'valuable-source',
      'valuable-source',
      'no-gain',
      'source-worthless',
    ]);
    expect(ranking.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5, null, null]);
  });

  it('has a return gain only beyond what its removal could lose and count as harmless', () => {
    const ranking = rankAdditions(
      [
        addition('restore', 'within', 0.01, 1),
        addition('restore', 'beyond', 0.011, 1),
        addition('restore', 'free', 0.009, 0),
        addition('copy', 'x', 0.002, 3),
      ],
      removals,
      { ...bySnapEvo, lossTolerance: 0.01 },
    );
    expect(names(ranking)).toEqual(['beyond', 'x', 'free', 'within']);
    expect(codes(ranking)).toEqual(['gain', 'gain', 'no-gain', 'no-gain']);
  });

  it('knows only copies when literal', () => {
    const ranking = rankAdditions(
      [addition('copy', 'x', 0.5, 3), addition('copy', 'y', -0.03, 4)],
      removals,
      literally,
    );
    expect(names(ranking)).toEqual(['y', 'x']);
  });

  it('starts from the most valuable block', () => {
    expect(names(mostValuable(removals))).toEqual(['y', 'x', 'z']);
  });
});
