import type { Decision } from './decisions.js';

/** As JSON: rules that decide otherwise can take the same decisions, which they could not from what the search did between them. */
export function printDecisions(decisions: readonly Decision[]): string {
  return JSON.stringify(decisions.map((decision) => ({ ...decision, scores: [...decision.scores] })));
}

type Printed = Omit<Decision, 'scores'> & { readonly scores: readonly [string, readonly number[]][] };

export function parseDecisions(json: string): Decision[] {
  const printed = JSON.parse(json) as readonly Printed[];
  return printed.map((decision) => ({ ...decision, scores: new Map(decision.scores) }));
}
