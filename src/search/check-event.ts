import type { Block } from '../architecture/block.js';
import { SnapEvoError } from '../errors/snapevo-error.js';
import type { Work } from './effect.js';
import type { Estimate } from '../statistics/estimate.js';
import type { EventOf, SearchEvent } from './event.js';
import type { LatencyCalibration, LatencyTable } from './latency-table.js';
import { isSameScoring } from './same-scoring.js';
import type { SearchState } from './state.js';
import { openWork } from './work.js';

/**
 * The event as one of that type that answers open work of the state.
 * @throws SnapEvoError `SEARCH_EVENT_UNEXPECTED` when no such work is open, `SEARCH_RESULT_INVALID` when the numbers
 * are not what was asked for
 */
export function expectEvent<T extends SearchEvent['type']>(
  state: SearchState,
  event: SearchEvent,
  type: T,
): EventOf<T> {
  if (!isOfType(event, type) || !openWork(state).some((work) => isAnswerTo(work, event))) {
    throw new SnapEvoError({
      code: 'SEARCH_EVENT_UNEXPECTED',
      message: `no work is open that the event "${event.type}" answers; expected "${type}"`,
      where: `phase ${state.phase}`,
      fault: 'internal',
    });
  }
  checkNumbers(event, state);
  return event;
}

function isOfType<T extends SearchEvent['type']>(event: SearchEvent, type: T): event is EventOf<T> {
  return event.type === type;
}

function isAnswerTo(work: Work, event: SearchEvent): boolean {
  switch (event.type) {
    case 'trained':
      return work.type === 'train' && work.fromStep === event.fromStep && work.steps === event.steps;
    case 'scored':
      return work.type === 'score' && isSameScoring(work, event);
    case 'architecture-measured':
      return work.type === 'measure-architecture' && work.architectureHash === event.architectureHash;
    case 'blocks-measured':
      return work.type === 'measure-blocks';
    case 'failed':
      return true;
  }
}

function checkNumbers(event: SearchEvent, state: SearchState): void {
  if (event.type === 'trained') {
    check(Number.isFinite(event.loss), 'loss', 'a finite training loss');
  } else if (event.type === 'scored') {
    const count = event.captions.to - event.captions.from;
    check(event.scores.length === count, 'scores', `${count} scores`);
    check(event.scores.every(Number.isFinite), 'scores', 'finite scores');
  } else if (event.type === 'architecture-measured') {
    check(isEstimate(event.latencyMs), 'latencyMs', 'a latency within its interval');
    check(event.latencyMs.value > 0, 'latencyMs', 'a latency above 0');
  } else if (event.type === 'blocks-measured') {
    checkTable(event.entries, state.original.blocks);
    if (openWork(state).some(asksForInt8)) checkInt8(event.entries);
    if (event.calibration !== undefined) checkCalibration(event.calibration);
  }
}

function checkTable(entries: LatencyTable, blocks: readonly Block[]): void {
  for (const { block, presentMs, skippedMs } of entries) {
    check(isEstimate(presentMs) && isEstimate(skippedMs), block, 'latencies within their intervals');
  }
  for (const { id } of blocks) {
    check(
      entries.some(({ block }) => block === id),
      id,
      'an entry of the table for the block',
    );
  }
}

const asksForInt8 = (work: Work): boolean => work.type === 'measure-blocks' && work.quantize === true;

function checkInt8(entries: LatencyTable): void {
  for (const { block, int8SavingMs } of entries) {
    check(
      int8SavingMs !== undefined && isEstimate(int8SavingMs),
      block,
      'what int8 saves, within its interval',
    );
  }
}

function checkCalibration({ factor, networks }: LatencyCalibration): void {
  check(Number.isFinite(factor) && factor > 0, 'calibration', 'a factor above 0');
  for (const { architectureHash, sumMs, predictedMs, measuredMs } of networks) {
    const isLatency = [sumMs, predictedMs, measuredMs].every(Number.isFinite) && measuredMs > 0;
    check(isLatency, architectureHash, 'a latency above 0, and predictions of it');
  }
}

function isEstimate({ value, low, high }: Estimate): boolean {
  return [value, low, high].every(Number.isFinite) && low <= value && value <= high;
}

function check(holds: boolean, where: string, expected: string): void {
  if (holds) return;
  throw new SnapEvoError({
    code: 'SEARCH_RESULT_INVALID',
    message: `expected ${expected}`,
    where,
    hint: 'what was trained, scored or measured is of no use to the search; the work stays open',
    fault: 'internal',
  });
}
