import type { Work } from '../../search/effect.js';
import type { ScoreRequest } from '../../search/ports.js';
import type { SearchProgress } from '../../search/run-search.js';
import { isSameScoring } from '../../search/same-scoring.js';
import type { ScoringCandidates } from '../../search/state.js';
import type { Progress } from '../terminal/progress.js';

/** Of two networks, with their warm-ups, at least. */
const expectedPictures = 8;

/** How far a phase of the search is: before the unit of work in hand, after it, and when it is over. */
interface Extent {
  readonly done: number;
  readonly doneAfter: number;
  readonly total: number;
}

/** Shows each phase of a round as one task: steps of a training, images of a scoring, blocks of a measuring. */
export class SearchDisplay {
  readonly #progress: Progress;
  #part: string | undefined;
  #label: string | undefined;
  /** Units of the phase when it was first seen. */
  #units = 0;
  #extent: Extent | undefined;
  #inHand: Work | undefined;

  constructor(progress: Progress) {
    this.#progress = progress;
  }

  /** Before each unit of work. */
  onUnit(unit: SearchProgress): void {
    const label = labelOf(unit);
    const isNew = label !== this.#label || (unit.openCount > this.#units && !isOfRace(unit));
    if (isNew) this.#units = unit.openCount;
    this.#label = label;
    this.#part = undefined;
    this.#inHand = unit.work;
    this.#extent = extentOf(unit, this.#units);
    if (isNew) this.#progress.start(label, this.#extent.total, this.#extent.done);
  }

  /** Within a unit of work. */
  onWithin(done: number, detail?: string): void {
    if (this.#extent !== undefined) this.#progress.update(this.#extent.done + done, detail);
  }

  /** Within a scoring; what is scored ahead of its turn isn't shown. */
  onScored(done: number, request: ScoreRequest): void {
    if (this.#inHand?.type === 'score' && isSameScoring(this.#inHand, request)) this.onWithin(done);
  }

  /** Within a unit of work whose parts are tasks of their own. */
  onPart(part: string, done: number, total: number): void {
    if (part !== this.#part) this.#progress.start(`${this.#label ?? ''}, ${part}`, total);
    this.#part = part;
    this.#extent = undefined;
    this.#progress.update(done);
  }

  /** After each picture that is made to time it; how many it takes is seen on the way. */
  onPicture(done: number): void {
    if (done === 1) this.#progress.start('whole pictures through the pipeline', expectedPictures);
    this.#progress.update(Math.min(done, expectedPictures));
  }

  onUnitDone(): void {
    if (this.#extent !== undefined) this.#progress.update(this.#extent.doneAfter);
  }

  stop(): void {
    this.#progress.stop();
    this.#label = undefined;
    this.#extent = undefined;
  }
}

function labelOf({ state, work }: SearchProgress): string {
  const phase = state.phase.replaceAll('-', ' ');
  const isRound = 'round' in state && !('chosen' in state);
  const kind = work.type === 'train' && work.mode === 'robust' ? 'robust training' : phase;
  return isRound ? `round ${state.round}, ${isOfRace({ state, work }) ? 'racing, at most' : kind}` : kind;
}

/** Candidates race: after the first images of all, those that decide the race are scored by more, nobody knows how many. */
function isOfRace({ state, work }: Pick<SearchProgress, 'state' | 'work'>): boolean {
  return state.phase === 'scoring-candidates' && work.type === 'score' && work.captions.from > 0;
}

/** Of a race: all images made so far, and those there would be if it went on to the last caption of every candidate. */
function extentOfRace({ candidates, options }: ScoringCandidates, images: number): Extent {
  const made = candidates.reduce((sum, { scores }) => sum + scores.length, 0);
  const entrants = candidates.filter(({ captionTarget }) => captionTarget > 0).length;
  return { done: made, doneAfter: made + images, total: entrants * options.captionCount };
}

function extentOf({ state, work, openCount }: SearchProgress, units: number): Extent {
  const before = units - openCount;
  switch (work.type) {
    case 'train': {
      const done = work.fromStep - work.stretch.fromStep;
      return { total: work.stretch.steps, done, doneAfter: done + work.steps };
    }
    case 'score': {
      const images = work.captions.to - work.captions.from;
      if (state.phase === 'scoring-candidates' && isOfRace({ state, work }))
        return extentOfRace(state, images);
      return scaled(before, units, images);
    }
    case 'measure-blocks':
      return scaled(0, 1, work.architecture.blocks.length);
    case 'measure-architecture':
      return scaled(before, units, 1);
  }
}

function scaled(before: number, units: number, unitSize: number): Extent {
  return { done: before * unitSize, doneAfter: (before + 1) * unitSize, total: units * unitSize };
}
