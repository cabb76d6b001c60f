import { describe, expect, it } from 'vitest';
import { judgeAdditions } from '../../src/search/addition-race.js';
import type { Candidate } from '../../src/search/candidate.js';
import { STATE_VERSION, type ScoringCandidates } from '../../src/search/state.js';
import { smallUnet } from '../support/architectures.js';
import { addition, exactly, options, removal } from '../support/search-fakes.js';

const captionCount = 12;
const score = 0.3;
const currentMs = 10;

/** A look at these candidates while the current network leaves so much of the budget. */
const raceOf = (candidates: readonly Candidate[], slackMs: number, lossTolerance = 0): ScoringCandidates => {
  const current = { architecture: smallUnet, latencyMs: exactly(currentMs) };
  const baseline = { latencyMs: exactly(20), budgetMs: currentMs + slackMs, table: [] };
  return {
    ...{
      version: STATE_VERSION,
      options: { ...options, captionCount, lossTolerance },
      original: smallUnet,
      weights: 'w',
      failure: null,
    },
    ...{ trainedSteps: 0, actionCount: 0, parentHash: null, best: null, progress: null, visits: [] },
    ...{ phase: 'scoring-candidates', race: 'additions', round: 1, measurements: [], baseline, current },
    currentScore: { clip: exactly(score), scores: Array<number>(captionCount).fill(score) },
    candidates,
  };
};

const judge = (...of: Parameters<typeof raceOf>): ReturnType<typeof judgeAdditions> =>
  judgeAdditions(raceOf(...of), () => 0.025);

/** Scored by the first captions alone, each of which loses what the candidate does, more or less by so much in turn. */
const scored = (candidate: Candidate, { captions = captionCount, spread = 0 } = {}): Candidate => ({
  ...candidate,
  standing: 'racing',
  scores: Array.from(
    { length: captions },
    (_, index) => score - (candidate.score?.deltaClip.value ?? 0) + (index % 2 === 0 ? spread : -spread),
  ),
});

describe('a restored block', () => {
  it('that there is room for races for what it gains, whatever removals lose', () => {
    const { verdict, proposed } = judge(
      [scored(removal('a', 0.5, 6)), scored(addition('restore', 'p', 0.05, 5))],
      5,
    );
    expect(proposed).toEqual(['restore p']);
    expect(verdict).toEqual({ dropped: ['nothing'], advancing: [] });
  });

  it('that there is no room for races for what it gains, less what the first removal loses that makes room', () => {
    const restored = scored(addition('restore', 'p', 0.05, 5));
    const tooSmall = scored(removal('s', 0.0001, 4));
    const cheap = judge(
      [tooSmall, scored(removal('a', 0.01, 6)), scored(removal('b', 0.04, 6)), restored],
      0,
    );
    expect(cheap.proposed).toEqual(['remove a', 'restore p']);
    expect(cheap.verdict).toEqual({ dropped: ['nothing'], advancing: [] });
    const dear = judge([tooSmall, scored(removal('a', 0.08, 6)), restored], 0);
    expect(dear).toEqual({ verdict: { dropped: ['restore p'], advancing: [] }, proposed: [] });
  });

  it('is out once it surely gains nothing by itself, whatever the removal that makes room for it may gain', () => {
    const doubtful = scored(removal('a', -0.05, 6), { captions: 6, spread: 0.1 });
    const restored = scored(addition('restore', 'p', 0.02, 5));
    const { verdict } = judge([doubtful, restored], 0, 0.03);
    expect(verdict).toEqual({ dropped: ['restore p'], advancing: [] });
    expect(judge([doubtful, restored], 0, 0.01).verdict.advancing).toEqual(['remove a']);
  });

  it('is out where no removal makes room for it, whatever it gains', () => {
    const restored = scored(addition('restore', 'p', 0.2, 5));
    const out = { verdict: { dropped: ['restore p'], advancing: [] }, proposed: [] };
    expect(judge([scored(removal('a', 0.001, 4)), restored], 0)).toEqual(out);
    expect(judge([scored(removal('p', 0.001, 6)), restored], 0)).toEqual(out);
    expect(judge([scored(removal('a', 0.001, 4)), restored], 1).proposed).toEqual(['remove a', 'restore p']);
  });

  it('that was dropped before is looked at no more', () => {
    const fallen = { ...scored(addition('restore', 'p', 0.05, 5)), standing: 'dropped' } as const;
    expect(judge([fallen], 5).verdict).toEqual({ dropped: [], advancing: [] });
  });
});

describe('to do nothing', () => {
  it('leads where no addition is proposed, and outruns those that surely lose', () => {
    const restored = [addition('restore', 'p', -0.05, 5), addition('restore', 'q', -0.01, 5)];
    const { verdict, proposed } = judge(
      restored.map((each) => scored(each)),
      5,
    );
    expect(proposed).toEqual([]);
    expect(verdict).toEqual({ dropped: ['restore p', 'restore q'], advancing: [] });
  });

  it('has those known better that may yet gain, the likeliest first', () => {
    const doubtful = (block: string, gain: number): Candidate =>
      scored(addition('restore', block, gain, 5), { captions: 6, spread: 0.1 });
    const { advancing, dropped } = judge([doubtful('p', -0.02), doubtful('q', -0.01)], 5).verdict;
    expect({ advancing, dropped }).toEqual({ advancing: ['restore q'], dropped: [] });
  });
});

describe('with a tolerance, to do nothing', () => {
  // gains 0.081 more or less
  const returning = (gain: number): readonly Candidate[] => [
    scored(addition('restore', 'p', gain, 5), { captions: 6, spread: 0.1 }),
  ];

  it('outruns what gains no more than the tolerance at best', () => {
    const verdictAt = (tolerance: number): unknown => judge(returning(-0.06), 5, tolerance).verdict;
    expect(verdictAt(0.03)).toEqual({ dropped: ['restore p'], advancing: [] });
    expect(verdictAt(0)).toEqual({ dropped: [], advancing: ['restore p'] });
  });

  it('is settled on once nothing gains more than twice the tolerance at best', () => {
    const verdictAt = (tolerance: number): unknown => judge(returning(-0.03), 5, tolerance).verdict;
    expect(verdictAt(0.03)).toEqual({ dropped: [], advancing: [] });
    expect(verdictAt(0.02)).toEqual({ dropped: [], advancing: ['restore p'] });
  });
});

describe('copies', () => {
  it('neither race nor fall, and leave the lead to nothing where one is proposed', () => {
    const { verdict, proposed } = judge(
      [scored(addition('copy', 'c', 0.1, 2)), scored(addition('restore', 'p', -0.01, 2))],
      5,
    );
    expect(proposed).toEqual(['copy c']);
    expect(verdict).toEqual({ dropped: ['restore p'], advancing: [] });
  });

  it('are entrants all the same, of whom the error is split among, as nothing is, and restored blocks twice', () => {
    const entrants: number[] = [];
    const candidates = [
      scored(removal('a', 0.01, 6)),
      scored(addition('copy', 'c', 0, 2)),
      scored(addition('restore', 'p', 0.05, 5)),
    ];
    judgeAdditions(raceOf(candidates, 5), (count) => {
      entrants.push(count);
      return 0.025;
    });
    expect(entrants).toEqual([4]);
  });
});

describe('of an exchange that has to be known better', () => {
  const advancing = (payerCaptions: number, additionCaptions: number): readonly string[] => {
    const payer = scored(removal('a', 0.02, 6), { captions: payerCaptions, spread: 0.1 });
    const restored = scored(addition('restore', 'p', 0.03, 5), { captions: additionCaptions, spread: 0.1 });
    return judge([payer, restored], 0).verdict.advancing;
  };

  it.each([
    ['the addition', 8, 4, ['restore p']],
    ['the removal', 4, 8, ['remove a']],
    ['both, being scored alike,', 4, 4, ['restore p', 'remove a']],
  ])('%s goes on', (_, payerCaptions, additionCaptions, expected) => {
    expect(advancing(payerCaptions, additionCaptions)).toEqual(expected);
  });

  it('only the captions count that both are scored by', () => {
    const payer = scored(removal('a', 0.01, 6), { captions: 4 });
    const restored = scored(addition('restore', 'p', 0.05, 5));
    const worseLater = {
      ...restored,
      scores: restored.scores.map((each, i) => (i < 4 ? each : each - 0.06)),
    };
    expect(judge([payer, worseLater], 0).verdict.dropped).toEqual(['nothing']);
  });
});
