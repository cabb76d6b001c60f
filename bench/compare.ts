import { quantile } from 'simple-statistics';
import { medianInterval, pairwiseRatios } from '../src/latency/latency-statistics.js';
import type { Estimate } from '../src/statistics/estimate.js';
import type { Side, SideFacts, Unit } from './side.js';

/** What was measured of one side, ms a step. */
export interface SideResult extends SideFacts {
  readonly name: string;
  readonly msPerStep: Estimate;
  /** First and third quartile. */
  readonly quartilesMs: readonly [number, number];
  readonly cpuMsPerStep: number;
  /** Time relative to the peer's in the same rounds: below 1 is faster than the peer. */
  readonly ratioToPeer: Estimate;
  readonly samplesMs: readonly number[];
}

/** How sides are compared. */
export interface Comparison {
  readonly rounds: number;
  readonly stepsPerUnit: number;
  /** Largest relative difference at which two results count as the same: of float32 sums in another order, ten steps on, unless told otherwise. */
  readonly tolerance?: number;
}

/**
 * Has the sides take their steps turn about, each round in the opposite order to the one before, so that what the machine does meanwhile
 * falls on all of them.
 * @param sides prepared; the last is the peer that the others are compared with
 */
export async function compareSides(
  sides: readonly Side[],
  { rounds, stepsPerUnit, tolerance = 1e-3 }: Comparison,
  say: (text: string) => void,
): Promise<SideResult[]> {
  requireSameResults(sides, await inTurn(sides, stepsPerUnit), tolerance);
  const units = new Map<Side, Unit[]>(sides.map((side) => [side, []]));
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? sides : sides.toReversed();
    const taken = await inTurn(order, stepsPerUnit);
    order.forEach((side, i) => units.get(side)?.push(taken[i] as Unit));
    const times = sides.map((side) => ((units.get(side)?.at(-1)?.ms ?? 0) / stepsPerUnit).toPrecision(4));
    say(`round ${round + 1} of ${rounds}: ${times.join(', ')} ms a step`);
  }
  return Promise.all(sides.map((side) => summarize(side, sides.at(-1) ?? side, units, stepsPerUnit)));
}

async function inTurn(sides: readonly Side[], count: number): Promise<Unit[]> {
  const taken: Unit[] = [];
  for (const side of sides) taken.push(await side.steps(count));
  return taken;
}

async function summarize(
  side: Side,
  peer: Side,
  units: ReadonlyMap<Side, readonly Unit[]>,
  steps: number,
): Promise<SideResult> {
  const own = units.get(side) ?? [];
  const times = (of: readonly Unit[]): number[] => of.map(({ ms }) => ms / steps);
  const samplesMs = times(own);
  return {
    name: side.name,
    msPerStep: medianInterval(samplesMs),
    quartilesMs: [quantile(samplesMs, 0.25), quantile(samplesMs, 0.75)],
    cpuMsPerStep: medianInterval(own.map(({ cpuMs }) => cpuMs / steps)).value,
    ratioToPeer: medianInterval(pairwiseRatios(samplesMs, times(units.get(peer) ?? []))),
    ...(await side.facts()),
    samplesMs,
  };
}

/** Sides whose first results differ don't do the same work, and their times mean nothing. */
function requireSameResults(sides: readonly Side[], taken: readonly Unit[], tolerance: number): void {
  const [reference] = taken;
  taken.forEach(({ results }, i) => {
    if (results.length !== reference?.results.length) {
      throw new Error(
        `${sides[i]?.name ?? ''} gives ${results.length} results, ${sides[0]?.name ?? ''} ${reference?.results.length ?? 0}`,
      );
    }
    results.forEach((result, step) => {
      const expected = reference.results[step] ?? Number.NaN;
      if (Math.abs(result - expected) <= tolerance * Math.abs(expected)) return;
      const name = sides[i]?.name ?? '';
      throw new Error(`${name} gives ${result} as number ${step + 1}, ${sides[0]?.name ?? ''} ${expected}`);
    });
  });
}
