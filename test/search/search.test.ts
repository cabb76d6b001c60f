import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partsOf } from '../../src/search/proposal.js';
import { openWork } from '../../src/search/work.js';
import type { Action } from '../../src/architecture/action.js';
import { applyActions, isPresent } from '../../src/architecture/architecture.js';
import type { Architecture } from '../../src/architecture/architecture.js';
import { hashArchitecture, parseArchitecture } from '../../src/architecture/canonical-form.js';
import type { SearchOptions } from '../../src/search/search-options.js';
import { smallUnet } from '../support/architectures.js';
import { search } from '../support/search-fakes.js';
import type { MemoryJournal } from '../support/search-fakes.js';
import { arbitraryWorld, calmWorld, trueLatencyMs } from '../support/simulated-world.js';
import type { World } from '../support/simulated-world.js';

const ATTENTION = 'down_blocks.0.attentions.0';

const arbitraryOptions: fc.Arbitrary<Partial<SearchOptions>> = fc.record({
  seed: fc.integer(),
  budget: fc.record({ ratioOfOriginal: fc.double({ min: 0.2, max: 1.2, noNaN: true }) }),
  scoring: fc.constantFrom('snapevo', 'literal'),
  groupSize: fc.integer({ min: 1, max: 4 }),
  patience: fc.integer({ min: 1, max: 3 }),
  maxRounds: fc.integer({ min: 1, max: 10 }),
  finetuneSteps: fc.constantFrom(0, 5),
  copyCandidates: fc.integer({ min: 0, max: 2 }),
  pass: fc.constantFrom('full', 'racing'),
  quantize: fc.boolean(),
});

describe('a search of a calm world', () => {
  it('removes the cheapest blocks until the measurement is within the budget', async () => {
    const { done, journal } = await search(calmWorld, { copyCandidates: 0 });
    expect(done.budgetMet).toBe(true);
    expect(done.latencyMs.value).toBe(60);
    expect(done.chosen.architecture.blocks.map(({ present }) => present)).toEqual([
      ...[false, false, false, false],
      ...[true, true, true, true, true],
    ]);
    expect(journal.actions.map(({ kind, blocks }) => [kind, blocks.length])).toEqual([
      ['remove', 2],
      ['remove', 2],
      ['stop', 0],
      ['fine-tune', 0],
    ]);
  });

  it('trains each round before it scores, and without skipping at the end', async () => {
    const { journal } = await search(calmWorld, { copyCandidates: 0, maxRounds: 1 });
    const kinds = journal.entries.map(({ event }) => event.type);
    const runs = kinds.filter((kind, index) => kind !== kinds[index - 1]);
    expect(runs).toEqual([
      'architecture-measured',
      'blocks-measured',
      'scored',
      'trained',
      'scored',
      'architecture-measured',
      'trained',
      'scored',
      'architecture-measured',
    ]);
  });

  it('scores every block of a round, each in a unit of its own', async () => {
    const { journal } = await search(calmWorld, { maxRounds: 1 });
    const scored = journal.entries.filter(({ rows }) =>
      rows.architectures?.some(({ role }) => role === 'candidate'),
    );
    expect(scored.length).toBeGreaterThanOrEqual(smallUnet.blocks.length);
    expect(journal.candidates.filter(({ round }) => round === 1)).toHaveLength(smallUnet.blocks.length);
  });

  it('ends when nothing is left to remove', async () => {
    const { done, journal } = await search(calmWorld, { budget: { ms: 5 }, maxRounds: 50 });
    expect(done).toMatchObject({ budgetMet: false, stop: { code: 'budget-unreachable' } });
    expect(done.chosen.architecture.blocks.some(({ present }) => present)).toBe(false);
    expect(journal.actions.at(-1)?.reason).toContain('over the budget of 5.000 ms');
  });

  it('leaves blocks alone whose kind is not searched', async () => {
    const { done } = await search(calmWorld, {
      kinds: ['cross-attention'],
      budget: { ratioOfOriginal: 0.7 },
    });
    const resnets = done.chosen.architecture.blocks.filter(({ kind }) => kind === 'resnet');
    expect(resnets.every(({ present }) => present)).toBe(true);
  });

  it('adds copies while the budget has room, and keeps the best', async () => {
    const { done, journal } = await search(
      { ...calmWorld, copyGain: 0.02 },
      { budget: { ratioOfOriginal: 1.15 } },
    );
    expect(journal.actions[0]).toMatchObject({
      kind: 'copy',
      blocks: ['up_blocks.0.attentions.0'],
      reason: 'an addition that fits the budget',
    });
    expect(isPresent(done.chosen.architecture, 'up_blocks.0.attentions.0+1')).toBe(true);
    expect(done.weights).toContain('up_blocks.0.attentions.0+1');
  });

  it('returns to the architecture before a copy that did not help', async () => {
    const { done } = await search({ ...calmWorld, copyGain: -0.05 }, { budget: { ratioOfOriginal: 1.15 } });
    expect(hashArchitecture(done.chosen.architecture)).toBe(hashArchitecture(smallUnet));
  });
});

describe('the last round', () => {
  it('leaves a row of what its action made, and counts as the last', async () => {
    const { done, journal } = await search(calmWorld, { copyCandidates: 0, maxRounds: 1 });
    const current = journal.entries
      .flatMap(({ rows }) => rows.architectures ?? [])
      .findLast(({ role }) => role === 'current');
    expect(current?.hash).toBe(hashArchitecture(done.chosen.architecture));
    expect(current?.measuredLatencyMs?.value).toBe(80);
    expect(journal.actions.map(({ round, kind }) => [round, kind])).toEqual([
      [1, 'remove'],
      [1, 'stop'],
    ]);
    expect(done.round).toBe(1);
  });
});

describe('fine-tuning', () => {
  it('is kept where it raises CLIP', async () => {
    const { done, journal } = await search({ ...calmWorld, fineTuneGain: 0.01 }, { copyCandidates: 0 });
    expect(done.fineTuning?.kept).toBe(true);
    expect(done.fineTuning?.gain.value).toBeCloseTo(0.01, 9);
    expect(done.weights).toContain('fine-tune');
    expect(done.clip.value).toBeCloseTo((done.chosen.score?.clip.value ?? 0) + 0.01, 9);
    expect(journal.actions.at(-1)).toMatchObject({ kind: 'fine-tune', index: journal.actions.length });
    expect(journal.actions.at(-1)?.reason).toMatch(/^6 steps .* by 0\.0100 .*: its weights are kept$/);
  });

  it('is undone where it does not, with the score of what is handed over', async () => {
    const { done, journal } = await search({ ...calmWorld, fineTuneGain: -0.01 }, { copyCandidates: 0 });
    expect(done.fineTuning?.kept).toBe(false);
    expect(done.weights).toBe(done.chosen.weights);
    expect(done.weights).not.toContain('fine-tune');
    expect(done.clip).toEqual(done.chosen.score?.clip);
    const final = journal.entries.flatMap(({ rows }) => rows.architectures ?? []).at(-1);
    expect(final).toMatchObject({ role: 'final', weightsHash: done.weights, clipScore: done.clip });
  });
});

describe('groups', () => {
  it('shrink when they lose more together than apart', async () => {
    const { journal } = await search({ ...calmWorld, interaction: 0.02 }, { groupSize: 3, maxRounds: 1 });
    expect(journal.actions[0]).toMatchObject({ kind: 'remove', blocks: ['down_blocks.0.resnets.0'] });
    const reasons = journal.candidates.map(({ reason }) => reason);
    expect(reasons).toContain(
      'left out: 3 actions together lose 0.0720 of CLIP, more than the sum of their parts, 0.0120',
    );
  });

  it('stay whole when they do not', async () => {
    const { journal } = await search(calmWorld, { groupSize: 3, maxRounds: 1 });
    expect(journal.actions[0]?.blocks).toHaveLength(3);
  });

  it('are measured as a whole', async () => {
    const { journal } = await search({ ...calmWorld, tableError: 0.1 }, { groupSize: 3, maxRounds: 1 });
    const point = journal.entries
      .flatMap(({ rows }) => rows.architectures ?? [])
      .findLast(({ role, round }) => role === 'current' || (role === 'candidate' && round === 1));
    expect(point?.measuredLatencyMs?.value).toBeCloseTo(10 + 60 * 1.1, 9);
    expect(point?.predictedLatencyMs).toBeCloseTo(10 + 90 * 1.1 - 30, 9);
  });
});

describe('a racing pass', () => {
  const noisy = { ...calmWorld, scoreNoise: 0.003 };
  const changes = { captionCount: 64, racing: { firstCaptions: 8, confidence: 0.95 }, lossTolerance: 0.001 };

  it('acts as a full one does, on a fraction of the images', async () => {
    const [full, raced] = [
      await search(noisy, { ...changes, pass: 'full' }),
      await search(noisy, { ...changes, pass: 'racing' }),
    ];
    const acted = ({ journal }: typeof full): unknown =>
      journal.actions.map(({ kind, blocks, toHash }) => [kind, blocks, toHash]);
    expect(acted(raced)).toEqual(acted(full));
    expect(images(raced.journal)).toBeLessThan(0.6 * images(full.journal));
  });

  it('puts those dropped behind the others, and says when', async () => {
    const { journal } = await search(noisy, { ...changes, pass: 'racing', maxRounds: 1 });
    const dropped = journal.candidates.filter(({ reason }) => reason.includes('out of the race'));
    const stayed = journal.candidates.filter(
      ({ reason, status }) => !dropped.some((each) => each.reason === reason) && status !== 'excluded',
    );
    expect(dropped.length).toBeGreaterThan(0);
    expect(Math.min(...dropped.map(({ rank }) => rank ?? 0))).toBeGreaterThan(
      Math.max(...stayed.map(({ rank }) => rank ?? 0)),
    );
    for (const { reason, imageCount } of dropped) {
      expect(reason).toMatch(new RegExp(`; out of the race after ${imageCount} images$`));
    }
  });

  it('scores those it acts on together by as many captions as each other', async () => {
    let groups = 0;
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const world = { ...calmWorld, scoreNoise: 0.01 };
      const { journal } = await search(world, {
        ...changes,
        pass: 'racing',
        groupSize: 4,
        seed,
        maxRounds: 3,
      });
      for (const { state } of journal.entries) {
        if (state.phase !== 'scoring-proposal') continue;
        const counts = partsOf(state.ranking, state.proposals[0]).map(({ scores }) => scores.length);
        expect(new Set(counts).size).toBe(1);
        expect(openWork(state)).toMatchObject([{ captions: { from: 0, to: counts[0] } }]);
        groups += 1;
      }
    }
    expect(groups).toBeGreaterThan(6);
  });

  it('goes on to all captions where nothing else tells', async () => {
    const world = { ...calmWorld, loss: {}, matureLoss: {}, scoreNoise: 0.1 };
    const { journal } = await search(world, { ...changes, pass: 'racing', maxRounds: 1 });
    expect(Math.max(...journal.candidates.map(({ imageCount }) => imageCount))).toBe(64);
  });
});

/** Images made for candidates. */
function images(journal: MemoryJournal): number {
  return journal.candidates.reduce((sum, { imageCount }) => sum + imageCount, 0);
}

describe('an exchange', () => {
  const opening = { loss: { ...calmWorld.loss, [ATTENTION]: 0.0001 } };
  /** The first attention looks useless at first; with training, much comes to depend on it. */
  const deceptive = { ...calmWorld, ...opening, matureLoss: { ...calmWorld.loss, [ATTENTION]: 0.1 } };

  it('brings a removed block back where it turns out to be worth more than another', async () => {
    const { done, journal } = await search(deceptive, { copyCandidates: 0, patience: 3 });
    const restored = journal.actions.find(({ kind }) => kind === 'restore');
    const paid = journal.actions.find(({ kind, round }) => kind === 'remove' && round === restored?.round);
    expect(restored?.blocks).toEqual([ATTENTION]);
    expect(paid?.blocks).toEqual(['mid_block.resnets.0']);
    expect(restored?.reason).toBe(`an exchange: remove mid_block.resnets.0 and restore ${ATTENTION}`);
    expect(paid?.toHash).toBe(restored?.toHash);
    expect(isPresent(done.chosen.architecture, ATTENTION)).toBe(true);
    expect(done.latencyMs.value).toBe(60);
  });

  it('and any addition is left out when it measures over the budget, whatever the table says', async () => {
    const changes = { budget: { ms: 75.5 }, copyCandidates: 0 };
    const { done, journal } = await search({ ...deceptive, tableError: 0.1 }, changes);
    const left = journal.candidates.filter(({ reason }) => reason.includes('over the budget'));
    expect(left.map(({ actionKind, block, reason }) => [actionKind, block, reason])).toContainEqual([
      'restore',
      ATTENTION,
      'left out: it measures 76.000 ms, over the budget',
    ]);
    expect(done).toMatchObject({ budgetMet: true, latencyMs: { value: 65 } });
  });
});

describe('a search of any world', () => {
  it('keeps its promises', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryWorld, arbitraryOptions, async (world, changes) => {
        const { done, journal } = await search(world, changes);
        checkTermination(journal, changes.maxRounds ?? 12);
        checkPatience(journal, changes.patience ?? 2);
        checkActions(journal);
        checkBudget(world, journal);
        checkReasons(journal);
        if (isReachable(world, done.baseline.budgetMs) && done.stop.code !== 'max-rounds') {
          expect(done.budgetMet).toBe(true);
        }
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  it('comes to the same decisions from the same seed', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryWorld, arbitraryOptions, async (world, changes) => {
        const [one, other] = [await search(world, changes), await search(world, changes)];
        expect(other.journal.entries).toEqual(one.journal.entries);
      }),
      { numRuns: 5 },
    );
  }, 60_000);

  it('never ends with less CLIP than the first architecture within the budget, but for noise', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryWorld, async (noisy) => {
        const world = { ...noisy, scoreNoise: 0 };
        const { done, journal } = await search(world, { finetuneSteps: 4, maxRounds: 10 });
        const first = journal.rounds.find(({ budgetMet, clipScore }) => budgetMet && clipScore !== null);
        if (first?.clipScore === undefined || first.clipScore === null) return;
        expect(done.clip.value).toBeGreaterThanOrEqual(first.clipScore.value - 1e-9);
      }),
      { numRuns: 15 },
    );
  }, 60_000);
});

function checkTermination(journal: MemoryJournal, maxRounds: number): void {
  expect(journal.rounds.length).toBeLessThanOrEqual(maxRounds);
  expect(journal.lastState?.phase).toBe('done');
  expect(journal.actions.filter(({ kind }) => kind === 'stop')).toHaveLength(1);
}

/** Converged means: at least a round to compare with, and then `patience` rounds. */
function checkPatience(journal: MemoryJournal, patience: number): void {
  const stalled = journal.entries.map(({ state }) =>
    'progress' in state ? (state.progress?.stalledRounds ?? 0) : 0,
  );
  expect(Math.max(...stalled)).toBeLessThan(patience);
  if (journal.actions.at(-1)?.reason.includes('has not risen') !== true) return;
  expect(journal.actions.at(-1)?.reason).toMatch(new RegExp(`for ${patience} rounds?$`));
  expect(journal.rounds.filter(({ budgetMet }) => budgetMet).length).toBeGreaterThan(patience);
}

/** Every action is possible on what it is done to, and leads to where it says. */
function checkActions(journal: MemoryJournal): void {
  const byHash = new Map<string, Architecture>(
    journal.entries
      .flatMap(({ rows }) => rows.architectures ?? [])
      .map(({ hash, canonicalForm }) => [hash, parseArchitecture(canonicalForm)]),
  );
  expect(journal.actions.map(({ index }) => index)).toEqual(journal.actions.map((_, index) => index + 1));
  for (const round of new Set(journal.actions.map((action) => action.round))) {
    const rows = journal.actions.filter((action) => action.round === round && action.blocks.length > 0);
    const from = byHash.get(rows[0]?.fromHash ?? '');
    if (from === undefined) continue;
    const group = rows.flatMap(({ kind, blocks }) =>
      blocks.map((block) => ({ type: kind as Action['type'], block })),
    );
    expect(hashArchitecture(applyActions(from, group))).toBe(rows[0]?.toHash);
  }
}

/** Rounds say truly whether the budget is met, and once met it stays met. */
function checkBudget(world: World, journal: MemoryJournal): void {
  const rounds = journal.rounds;
  for (const { latencyMs, budgetMs, budgetMet } of rounds)
    expect(budgetMet).toBe(latencyMs.value <= budgetMs);
  const met = rounds.map(({ budgetMet }) => budgetMet);
  expect(met).toEqual(met.toSorted((one, other) => Number(one) - Number(other)));
  for (const { measuredLatencyMs, canonicalForm } of journal.entries.flatMap(
    ({ rows }) => rows.architectures ?? [],
  )) {
    if (measuredLatencyMs === null) continue;
    expect(measuredLatencyMs.value).toBeCloseTo(trueLatencyMs(world, parseArchitecture(canonicalForm)), 9);
  }
}

function checkReasons(journal: MemoryJournal): void {
  for (const { reason, rank, status, deltaClip } of journal.candidates) {
    expect(reason).not.toBe('');
    if (status !== 'excluded') expect([rank, deltaClip]).not.toContain(null);
  }
  expect(journal.actions.every(({ reason }) => reason !== '')).toBe(true);
  const chosen = journal.candidates.filter(({ status }) => status === 'chosen');
  const acted = journal.actions.flatMap(({ kind, blocks, round }) =>
    blocks.map((block) => `${round} ${kind} ${block}`),
  );
  expect(chosen.map(({ round, actionKind, block }) => `${round} ${actionKind} ${block}`).sort()).toEqual(
    acted.sort(),
  );
}

/** Whether removing every block that saves time beyond the noise would do. */
function isReachable(world: World, budgetMs: number): boolean {
  const kept = smallUnet.blocks.filter(({ id }) => (world.costMs[id] ?? 0) <= world.latencyNoiseMs);
  const keptMs = kept.reduce((sum, { id }) => sum + (world.costMs[id] ?? 0), 0);
  return world.restMs + keptMs * (1 + world.tableError) <= budgetMs;
}
