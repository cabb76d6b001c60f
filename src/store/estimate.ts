/** The search's, passed on to those that know the store alone. */
export type { Estimate } from '../search/estimate.js';
