import fc from 'fast-check';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SnapEvoError } from '../../src/errors/snapevo-error.js';
import type { FuzzedParser } from './fuzzed-parser.js';
import { startPeakMemory } from './peak-memory.js';

/** What became of a parser's cases. */
export interface FuzzReport {
  readonly parser: string;
  readonly cases: number;
  readonly refused: number;
  readonly accepted: number;
  readonly failures: readonly string[];
  /** Time of the processor, of all threads: waiting for a turn is no fault of the parser. */
  readonly slowestMs: number;
  /** Most that the process held, resident, while a case ran, over what it held at the start: freed again or not. */
  readonly peakMemoryBytes: number;
  readonly seed: number;
}

/** A case that takes longer hangs, for whoever waits. */
const TIME_LIMIT_MS = 5_000;
const MEMORY_LIMIT_BYTES = 512 * 2 ** 20;
/** What a slip in our own code says. */
const programmersWords =
  /call stack|\[object|is not a function|is not iterable|cannot read properties|invalid array length/i;
/** A hundred problems of a configuration, each in a line or two. */
const LONGEST_MESSAGE = 30_000;
const LONGEST_WHERE = 1_500;

export interface TryOptions {
  readonly cases: number;
  readonly seed: number;
  /** Where the parser's files go. */
  readonly scratch: string;
  /** Told after every case how many there were. */
  readonly onCase?: (done: number) => void;
}

/**
 * Tries a parser: it either gives a value or refuses with a SnapEvoError that blames the input, in few words, in time and within memory.
 * Stops at the first case that does not, which is made smaller.
 */
export async function tryParser(parser: FuzzedParser, options: TryOptions): Promise<FuzzReport> {
  const { cases, seed, scratch, onCase } = options;
  const folder = join(scratch, 'in');
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const tally = { cases: 0, refused: 0, accepted: 0, slowestMs: 0, peakMemoryBytes: 0 };
  const before = process.memoryUsage.rss();
  const property = fc.asyncProperty(parser.inputs, async (input) => {
    const peakBytes = startPeakMemory();
    const start = process.cpuUsage();
    const outcome = await outcomeOf(parser, input, folder);
    const { user, system } = process.cpuUsage(start);
    const ms = (user + system) / 1_000;
    const grownBytes = peakBytes() - before;
    tally.cases += 1;
    tally[outcome] += 1;
    tally.slowestMs = Math.max(tally.slowestMs, ms);
    tally.peakMemoryBytes = Math.max(tally.peakMemoryBytes, grownBytes);
    onCase?.(tally.cases);
    requireLimits(ms, grownBytes, parser.memoryLimitBytes ?? MEMORY_LIMIT_BYTES);
  });
  const result = await fc.check(property, { numRuns: cases, seed, verbose: fc.VerbosityLevel.None });
  rmSync(scratch, { recursive: true, force: true });
  return { parser: parser.name, ...tally, failures: result.failed ? [describeFailure(result)] : [], seed };
}

async function outcomeOf(
  parser: FuzzedParser,
  input: unknown,
  folder: string,
): Promise<'refused' | 'accepted'> {
  try {
    await parser.read(input, folder);
    return 'accepted';
  } catch (error) {
    requireGoodRefusal(error);
    return 'refused';
  }
}

function requireGoodRefusal(error: unknown): void {
  if (!(error instanceof SnapEvoError)) throw error;
  if (error.fault !== 'user') throw new Error(`the blame is put on "${error.fault}"`, { cause: error });
  const { message, where = '', hint = '' } = error;
  if (programmersWords.test(`${message} ${hint}`))
    throw new Error(`refused in a programmer's words: ${message.slice(0, 500)}`, { cause: error });
  if (message.length > LONGEST_MESSAGE || where.length > LONGEST_WHERE)
    throw new Error(`refused in ${message.length} and ${where.length} characters`, { cause: error });
}

function requireLimits(ms: number, grownBytes: number, limitBytes: number): void {
  if (ms > TIME_LIMIT_MS) throw new Error(`took ${Math.round(ms)} ms, of ${TIME_LIMIT_MS}`);
  if (grownBytes > limitBytes) throw new Error(`took ${grownBytes} bytes, of ${limitBytes}`);
}

function describeFailure({
  counterexample,
  counterexamplePath,
  errorInstance,
}: fc.RunDetails<[unknown]>): string {
  const error =
    errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance);
  return `${error.slice(0, 1_500)}\nby ${fc.stringify(counterexample?.[0]).slice(0, 1_500)}\npath ${String(counterexamplePath)}`;
}
