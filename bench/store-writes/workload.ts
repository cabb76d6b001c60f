/** What is written in a step: an event with the state after it, and the scores of a batch of pictures. */
export const workload = {
  /** Characters of the event's and the state's JSON: about what a round of the emoji search has. */
  eventLength: 600,
  stateLength: 20_000,
  scores: 16,
} as const;

/** An object whose JSON is about so long. */
export const filler = (length: number, step: number): object => ({ step, text: 'x'.repeat(length) });

/** Of step and picture: some number that differs. */
export const scoreOf = (step: number, picture: number): number => Math.sin(step * workload.scores + picture);
