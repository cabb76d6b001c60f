import { STATE_VERSION } from '../../src/search/state.js';
import type { Decision } from './decisions.js';

/** As JSON: rules that decide otherwise can take the same decisions, which they could not from what the search did between them. */
export function printDecisions(decisions: readonly Decision[]): string {
  return JSON.stringify(decisions.map((decision) => ({ ...decision, scores: [...decision.scores] })));
}

interface Printed extends Omit<Decision, 'scores' | 'state'> {
  readonly state: Omit<Decision['state'], 'version'> & { readonly version: number };
  readonly scores: readonly [string, readonly number[]][];
}

/** @throws Error for states of another layout, of which fields would be missing */
export function parseDecisions(json: string): Decision[] {
  const printed = JSON.parse(json) as readonly Printed[];
  return printed.map(({ round, state: { version, ...state }, scores }) => {
    if (version !== STATE_VERSION)
      throw new Error(`expected states in layout ${STATE_VERSION}, found ${version}`);
    return { round, state: { ...state, version }, scores: new Map(scores) };
  });
}
