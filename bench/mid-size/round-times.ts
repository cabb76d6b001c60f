import type { RoundFigures } from '../round/run-round.js';

/** Where the time of a round goes. */
export type RoundTimes = Pick<RoundFigures, 'ms' | 'openingMs' | 'runningMs' | 'loadingMs'>;
