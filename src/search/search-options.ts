import type { BlockKind } from '../architecture/block.js';
import { SnapEvoError } from '../errors/snapevo-error.js';

/** The latency objective S: in milliseconds, or as a share of what the original measures. */
export type Budget = { readonly ms: number } | { readonly ratioOfOriginal: number };

/** How candidates race; see `judgeHarmless` and `judgeRace`. */
export interface RacingOptions {
  /** That all candidates are scored by; those that decide the race go on to more. */
  readonly firstCaptions: number;
  /** Of each race, that a full pass would act alike, but for what the tolerance leaves open. */
  readonly confidence: number;
}

/** Everything a search's decisions depend on besides its measurements. */
export interface SearchOptions {
  /** 32-bit integer; what is drawn in a round depends on it and the round alone. */
  readonly seed: number;
  readonly budget: Budget;
  /** `snapevo`: removals by what they may cost at worst; `literal`: the paper's plain argmin of dCLIP / dLatency. */
  readonly scoring: 'snapevo' | 'literal';
  /** CLIP score that removing a block may lose at worst and still count as harmless, each block for itself; so much of it tells actions apart no more. */
  readonly lossTolerance: number;
  /** Kinds of block that may be added and removed. */
  readonly kinds: readonly BlockKind[];
  /** Whether blocks may be put on weights of int8; not where absent. */
  readonly quantize?: boolean;
  /** Most blocks removed in one round while the budget is not met. */
  readonly groupSize: number;
  /** CLIP score by which a group may lose more than the sum of its parts before it shrinks. */
  readonly combinationTolerance: number;
  /** Rounds within the budget that may pass without CLIP rising beyond its interval. */
  readonly patience: number;
  readonly maxRounds: number;
  /** Training steps with skipping in each round. */
  readonly trainStepsPerRound: number;
  /** Most training steps in one unit of work: what a kill can cost. */
  readonly trainStepsPerUnit: number;
  /** Training steps of the final architecture, without skipping; 0 for none. */
  readonly finetuneSteps: number;
  /** Captions that score an architecture, from the scorer's first on. */
  readonly captionCount: number;
  /** `full`: candidates are scored by all captions; `racing`: by as many as it takes to tell who is acted on. */
  readonly pass: 'full' | 'racing';
  readonly racing: RacingOptions;
  /** How many of the most valuable blocks are tried as copies in a round; 0 forbids copies. */
  readonly copyCandidates: number;
  /** Most additions weighed in a round before the round ends without one. */
  readonly maxProposals: number;
}

/**
 * Passes options on that make sense.
 * @throws SnapEvoError `SEARCH_OPTION_INVALID`, naming the option
 */
export function checkOptions(options: SearchOptions): SearchOptions {
  check('seed', options.seed, Number.isInteger, 'an integer');
  checkBudget(options.budget);
  for (const name of COUNTS)
    check(name, options[name], (value) => isCount(value, 1), 'an integer of 1 or more');
  checkRacing(options.racing);
  check('captionCount', options.captionCount, (value) => isCount(value, 2), 'an integer of 2 or more');
  for (const name of ['finetuneSteps', 'copyCandidates'] as const) {
    check(name, options[name], (value) => isCount(value, 0), 'an integer of 0 or more');
  }
  for (const name of ['combinationTolerance', 'lossTolerance'] as const) {
    check(name, options[name], (value) => value >= 0, 'a number of 0 or more');
  }
  check('kinds', options.kinds.length, (length) => length > 0, 'at least one kind of block');
  return options;
}

/** The budget in milliseconds, given what the original measures. */
export function resolveBudgetMs(budget: Budget, originalMs: number): number {
  return 'ms' in budget ? budget.ms : budget.ratioOfOriginal * originalMs;
}

const COUNTS = [
  'groupSize',
  'patience',
  'maxRounds',
  'trainStepsPerRound',
  'trainStepsPerUnit',
  'maxProposals',
] as const;

function checkBudget(budget: Budget): void {
  const value = 'ms' in budget ? budget.ms : budget.ratioOfOriginal;
  check('budget', value, (amount) => Number.isFinite(amount) && amount > 0, 'a number above 0');
}

function checkRacing({ firstCaptions, confidence }: RacingOptions): void {
  check('racing.firstCaptions', firstCaptions, (value) => isCount(value, 2), 'an integer of 2 or more');
  check('racing.confidence', confidence, (value) => value > 0 && value < 1, 'a number between 0 and 1');
}

function isCount(value: number, least: number): boolean {
  return Number.isSafeInteger(value) && value >= least;
}

function check(name: string, value: number, holds: (value: number) => boolean, expected: string): void {
  if (holds(value)) return;
  throw new SnapEvoError({
    code: 'SEARCH_OPTION_INVALID',
    message: `expected ${expected}, found ${value}`,
    where: name,
  });
}
