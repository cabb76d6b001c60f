import type { RunRecord } from '../../store/run-record.js';
import type { Store } from '../../store/store.js';
import type { CheckpointRecord } from '../../store/training-records.js';
import { findOptimizationState } from '../optimize-run/optimization-state.js';
import { isSettled } from '../optimize-run/stage-folders.js';
import { readOrFind, type Finding } from './finding.js';
import { verifyDecisions } from './verify-decisions.js';

/** What was looked at of a run in the store, and what is not as it was stored. */
export interface RunInspection {
  readonly run: RunRecord;
  /** Events that a search was decided anew from. */
  readonly events: number;
  /** Rows that were read. */
  readonly rows: number;
  readonly checkpoints: readonly CheckpointRecord[];
  /** What was left out, and why; empty when nothing was. */
  readonly note: string;
  readonly findings: readonly Finding[];
}

/** Reads all of a run's rows, and decides a search anew. One that somebody works on changes between two looks, and is left out. */
export function inspectRun(store: Store, run: RunRecord): RunInspection {
  const nothing = { run, events: 0, rows: 0, checkpoints: [], findings: [] };
  if (run.status === 'running') return { ...nothing, note: 'left out: somebody works on it' };
  const findings: Finding[] = [];
  const read = <T>(what: string, of: () => readonly T[]): readonly T[] =>
    readOrFind(of, { what, where: run.id }, findings) ?? [];
  const [losses, latencies, metrics] = [
    read('losses', () => store.readLosses(run.id)),
    read('latencies', () => store.readRunLatencies(run.id)),
    read('metrics', () => Object.keys(store.readMetrics(run.id))),
  ];
  const others = losses.length + latencies.length + metrics.length;
  if (run.kind !== 'search') {
    const recorded = read('checkpoints', () => store.readCheckpoints(run.id));
    const rows = others + recorded.length;
    const isChecked = run.kind === 'optimize' ? readSettled(store, run, findings) : (): boolean => true;
    return { run, events: 0, rows, checkpoints: recorded.filter(isChecked), note: '', findings };
  }
  const { events, rows, skipped, findings: ofDecisions } = verifyDecisions(store, run);
  return {
    ...{ run, events, rows: others + rows, findings: [...findings, ...ofDecisions] },
    checkpoints: readOrFind(() => store.readCheckpoints(run.id), { what: '', where: '' }, []) ?? [],
    note: skipped === '' ? '' : `not decided anew: ${skipped}`,
  };
}

/** Gives which of an optimization's records are of files as they stay: all, where what stage it is at can't be read. */
function readSettled(
  store: Store,
  { id, status }: RunRecord,
  findings: Finding[],
): (record: CheckpointRecord) => boolean {
  const state = readOrFind(() => findOptimizationState(store, id), { what: 'state', where: id }, findings);
  return (record) => state === undefined || isSettled(record, state, status);
}
