import { isPresent } from '../../src/architecture/architecture.js';
import { parseArchitecture } from '../../src/architecture/canonical-form.js';
import { bootstrapDifference, bootstrapMean } from '../../src/search/bootstrap.js';
import type { Estimate } from '../../src/search/estimate.js';

/** An architecture, measured, trained and scored. */
export interface Contestant {
  readonly name: string;
  readonly group: string;
  /** Canonical form. */
  readonly architecture: string;
  readonly latencyMs: Estimate;
  /** By caption, the same captions and noise for all. */
  readonly scores: readonly number[];
}

export interface Line {
  readonly name: string;
  readonly latencyMs: Estimate;
  readonly clip: Estimate;
  /** What the first searched one has more, paired by caption. */
  readonly behindSearched: Estimate;
  /** Blocks of the original that run. */
  readonly blocks: number;
}

const seed = { seed: 0, round: 0 };

/** Every contestant beside the first, which is the searched one of seed 0. */
export function summarize(contestants: readonly Contestant[]): Line[] {
  const [searched] = contestants;
  if (searched === undefined) return [];
  return contestants.map(({ name, latencyMs, scores, architecture }) => ({
    name,
    latencyMs,
    clip: bootstrapMean(scores, seed),
    behindSearched: bootstrapDifference(searched.scores, scores, seed),
    blocks: presentCount(architecture),
  }));
}

function presentCount(form: string): number {
  const architecture = parseArchitecture(form);
  return architecture.blocks.filter(({ id }) => isPresent(architecture, id)).length;
}
