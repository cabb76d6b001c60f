import { bootstrapDifference, bootstrapMean } from './bootstrap.js';
import type { CandidateScore } from './candidate.js';
import type { CurrentScore, Evolution } from './state.js';

interface Scored {
  readonly currentScore: CurrentScore;
}

/** dCLIP by caption, from the first on: of as many captions as there are scores. */
export function lossesOf({ currentScore }: Scored, scores: readonly number[]): number[] {
  return scores.map((score, index) => (currentScore.scores[index] ?? Number.NaN) - score);
}

/** An architecture's scores against the current one's, image by image: both by caption, from the first on. */
export function compareScores(
  { options, round, currentScore }: Evolution & Scored,
  scores: readonly number[],
): CandidateScore {
  const seed = { seed: options.seed, round };
  return {
    clip: bootstrapMean(scores, seed),
    deltaClip: bootstrapDifference(currentScore.scores.slice(0, scores.length), scores, seed),
    imageCount: scores.length,
  };
}
