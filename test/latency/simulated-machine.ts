import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Clock } from '../../src/latency/clock.js';
import type { ProtocolSettings, Stopwatch } from '../../src/latency/measuring-protocol.js';

/** What a run takes, given what it is, when it starts, how often it ran before, and what ran before it. */
export type Behaviour<Subject> = (run: {
  readonly subject: Subject;
  readonly atMs: number;
  readonly earlierRuns: number;
  readonly previous: Subject | undefined;
}) => number;

/** A machine whose time passes only while something runs. */
export class SimulatedMachine<Subject> implements Stopwatch<Subject> {
  readonly runs: Subject[] = [];
  readonly #behaviour: Behaviour<Subject>;
  #nowMs = 0;

  constructor(behaviour: Behaviour<Subject>) {
    this.#behaviour = behaviour;
  }

  get clock(): Clock {
    return { elapsedMs: () => this.#nowMs, nowMs: () => 1_700_000_000_000 + this.#nowMs };
  }

  time(subject: Subject): Promise<number> {
    const earlierRuns = this.runs.filter((run) => run === subject).length;
    const ms = this.#behaviour({ subject, atMs: this.#nowMs, earlierRuns, previous: this.runs.at(-1) });
    this.runs.push(subject);
    this.#nowMs += ms;
    return Promise.resolve(ms);
  }
}

/** Skewed noise as timings have it: factors of median 1, `exp` of a normal number of that deviation. */
export function skewedNoise(seed: number, deviation: number): () => number {
  const random = xoroshiro128plus(seed);
  return () => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat64(random)));
    return Math.exp(deviation * radius * Math.cos(2 * Math.PI * uniformFloat64(random)));
  };
}

export const protocol: ProtocolSettings = {
  intervalShare: 0.03,
  minSamples: 10,
  maxSamples: 300,
  timeLimitMs: 1e9,
  maxWarmUps: 30,
  warmUpTolerance: 0.05,
};
