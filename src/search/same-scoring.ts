import type { ScoreRequest } from './ports.js';

/** What tells one scoring from another: the architecture's hash, the weights and the captions. */
export type ScoringKey = Pick<ScoreRequest, 'architectureHash' | 'weights' | 'captions'>;

export function isSameScoring(one: ScoringKey, other: ScoringKey): boolean {
  return (
    one.architectureHash === other.architectureHash &&
    one.weights === other.weights &&
    one.captions.from === other.captions.from &&
    one.captions.to === other.captions.to
  );
}
