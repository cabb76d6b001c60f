import { SnapEvoError } from '../errors/snapevo-error.js';

/** One forward of a network, as the runtime's profile tells it. */
export interface ProfiledForward {
  /** Sum over all kernels. */
  readonly kernelsMs: number;
  /** Kernels by the scope that their node was built under: a block's id, or `conv_in` and the like. */
  readonly scopesMs: ReadonlyMap<string, number>;
}

/** An event of the trace: times in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly category: string;
  readonly start: number;
  readonly duration: number;
}

const KERNEL = '_kernel_time';
const FORWARD = 'model_run';
const MICROSECONDS = 1_000;

/**
 * Reads the profile that ONNX Runtime writes, a Chrome trace: for each forward, in order, the time of its kernels by the
 * scope before the `|` in their node's name. Fusions keep the name of one of their nodes, with something after it; a
 * node that the runtime made up has no scope and counts for its neighbours' where these agree. Events that are not
 * understood are passed over: what a profile holds besides kernels is up to the runtime.
 * @param where the file, for errors
 * @throws SnapEvoError `LATENCY_PROFILE_UNREADABLE` for what is no list of events, or has no kernel inside a forward
 */
export function parseNetworkProfile(text: string, where: string): readonly ProfiledForward[] {
  const events = readEvents(text, where).toSorted((one, other) => one.start - other.start);
  const kernels = events.filter(({ category, name }) => category === 'Node' && name.endsWith(KERNEL));
  const forwards = events
    .filter(({ category, name }) => category === 'Session' && name === FORWARD)
    .map(({ start, duration }) => summarizeForward(eventsWithin(kernels, start, start + duration)))
    .filter(({ kernelsMs }) => kernelsMs > 0);
  if (forwards.length > 0) return forwards;
  throw unreadable(where, 'it has no forward with kernels in it');
}

function readEvents(text: string, where: string): TraceEvent[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw unreadable(where, 'it is not JSON', cause);
  }
  if (!Array.isArray(parsed)) throw unreadable(where, 'it is not a list of events');
  return parsed.flatMap(readEvent);
}

function readEvent(event: unknown): TraceEvent[] {
  if (typeof event !== 'object' || event === null) return [];
  const { name, cat: category, ts: start, dur: duration } = event as Record<string, unknown>;
  if (typeof name !== 'string' || typeof category !== 'string') return [];
  if (!isTime(start) || !isTime(duration)) return [];
  return [{ name, category, start, duration }];
}

const isTime = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;

/** @param events in order of their start */
function eventsWithin(events: readonly TraceEvent[], from: number, to: number): readonly TraceEvent[] {
  return events.slice(firstAtOrAfter(events, from), firstAtOrAfter(events, to));
}

function firstAtOrAfter(events: readonly TraceEvent[], time: number): number {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.start ?? Number.POSITIVE_INFINITY) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function summarizeForward(kernels: readonly TraceEvent[]): ProfiledForward {
  const scopesMs = new Map<string, number>();
  const scopes = inheritScopes(kernels.map(({ name }) => scopeOf(name)));
  let kernelsMs = 0;
  for (const [index, { duration }] of kernels.entries()) {
    const ms = duration / MICROSECONDS;
    kernelsMs += ms;
    const scope = scopes[index];
    if (scope !== undefined) scopesMs.set(scope, (scopesMs.get(scope) ?? 0) + ms);
  }
  return { kernelsMs, scopesMs };
}

function scopeOf(name: string): string | undefined {
  const bar = name.indexOf('|');
  return bar < 0 ? undefined : name.slice(0, bar);
}

/** Gives those without a scope that of the nearest ones before and after them, where the two are the same. */
function inheritScopes(scopes: readonly (string | undefined)[]): (string | undefined)[] {
  const next = [...scopes];
  for (let index = scopes.length - 2; index >= 0; index -= 1) next[index] ??= next[index + 1];
  let before: string | undefined;
  return scopes.map((scope, index) => {
    before = scope ?? before;
    return scope ?? (before === next[index] ? before : undefined);
  });
}

function unreadable(where: string, reason: string, cause?: unknown): SnapEvoError {
  return new SnapEvoError({
    code: 'LATENCY_PROFILE_UNREADABLE',
    message: `expected a profile of ONNX Runtime; ${reason}`,
    where,
    hint: 'check that the disk is not full and measure again',
    cause,
    fault: 'internal',
  });
}
