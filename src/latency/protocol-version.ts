/**
 * The version of what a latency is of and of how it is taken. Raise it with every change to the graphs that are measured
 * (`model`, `step-graph.ts`, `block-graph.ts`, the sessions' options) or to the measuring (`measuring-protocol.ts`, the
 * statistics, the profile) after which the same network on the same device would give another figure: tables of other
 * versions are then left alone, and runs that were begun with another are not gone on with.
 */
export const LATENCY_PROTOCOL = 4;
