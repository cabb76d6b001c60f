import { createHash } from 'node:crypto';
import type { GuidancePoint } from '../../report/guidance-series.js';
import type { ScoreKey } from '../../store/measurement-records.js';
import type { ComparisonParts } from './comparison-parts.js';
import { pointMetrics, pointsIn } from './point-metrics.js';

type Parts = Pick<ComparisonParts, 'store' | 'runId' | 'config'>;

/** The points of a run's comparison as it has stored them, and the scores of the first model's pictures that the others' are held against. */
export class PointStore {
  readonly #parts: Parts;
  readonly #first: string;
  #points: readonly GuidancePoint[];

  /** @param first label of the first model */
  constructor(parts: Parts, first: string) {
    this.#parts = parts;
    this.#first = first;
    this.#points = pointsIn(parts.store.readMetrics(parts.runId));
  }

  find(model: string, guidanceScale: number): GuidancePoint | undefined {
    return this.#points.find((point) => point.model === model && point.guidanceScale === guidanceScale);
  }

  /** @param scores of the point's pictures, by caption */
  put(point: GuidancePoint, scores: readonly number[]): void {
    const { store, runId, config } = this.#parts;
    if (point.model === this.#first) {
      // before the point itself: a point that is there has its scores
      store.putImageScores(
        this.#scoreKey(point.guidanceScale),
        scores.map((score, captionIndex) => ({ captionIndex, seed: config.seed, score })),
      );
    }
    store.putMetrics(runId, pointMetrics(point));
    this.#points = [...this.#points, point];
  }

  /** Of the first model's pictures, by caption; undefined before its point is stored. */
  scoresOfFirst(guidanceScale: number): readonly number[] | undefined {
    if (this.find(this.#first, guidanceScale) === undefined) return undefined;
    return this.#parts.store.readImageScores(this.#scoreKey(guidanceScale)).map(({ score }) => score);
  }

  /** Of this run alone: what else the scores depend on stays the same all through it. */
  #scoreKey(guidanceScale: number): ScoreKey {
    const text = `comparison ${this.#parts.runId} ${guidanceScale} ${this.#first}`;
    const hash = createHash('sha256').update(text).digest('hex');
    return { architectureHash: hash, weightsHash: hash, scorerHash: hash };
  }
}
