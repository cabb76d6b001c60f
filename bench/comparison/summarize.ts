import { isPresent, removedBlocks } from '../../src/architecture/architecture.js';
import { parseArchitecture } from '../../src/architecture/canonical-form.js';
import { bootstrapDifference, bootstrapMean } from '../../src/search/bootstrap.js';
import type { Estimate } from '../../src/statistics/estimate.js';

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
  readonly group: string;
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
  return contestants.map(({ name, group, latencyMs, scores, architecture }) => ({
    name,
    group,
    latencyMs,
    clip: bootstrapMean(scores, seed),
    behindSearched: bootstrapDifference(searched.scores, scores, seed),
    blocks: presentCount(architecture),
  }));
}

/** How alike what several searches took out is. */
export interface Agreement {
  /** Mean over pairs of searches: blocks that both took out, of those that either did (Jaccard's index). */
  readonly meanJaccard: number;
  /** Taken out by all. */
  readonly byAll: readonly string[];
  /** Taken out by some, not by all. */
  readonly bySome: readonly string[];
}

/** @param forms canonical forms of the architectures that searches of the same network found */
export function agreementOf(forms: readonly string[]): Agreement {
  const removed = forms.map((form) => new Set(removedBlocks(parseArchitecture(form)).map(({ id }) => id)));
  const pairs = removed.flatMap((one, index) => removed.slice(index + 1).map((other) => jaccard(one, other)));
  const all = [...new Set(removed.flatMap((blocks) => [...blocks]))].toSorted();
  const isInAll = (block: string): boolean => removed.every((blocks) => blocks.has(block));
  return {
    meanJaccard: pairs.reduce((sum, index) => sum + index, 0) / Math.max(1, pairs.length),
    byAll: all.filter(isInAll),
    bySome: all.filter((block) => !isInAll(block)),
  };
}

function jaccard(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  const both = [...one].filter((block) => other.has(block)).length;
  return both / Math.max(1, one.size + other.size - both);
}

function presentCount(form: string): number {
  const architecture = parseArchitecture(form);
  return architecture.blocks.filter(({ id }) => isPresent(architecture, id)).length;
}
