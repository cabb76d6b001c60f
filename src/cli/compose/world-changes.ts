import type { RunOrigin, RunRecord } from '../../store/run-record.js';
import type { InputPlaces } from './input-places.js';
import { mixesResults } from './version-compatibility.js';

/** Something that a run rests on and that is no longer what it was. */
export interface WorldChange {
  /** `pipeline` or another of the run's inputs, `device`, `snapevo`, or `state layout`. */
  readonly name: string;
  /** Undefined where the run has no record of it. */
  readonly before: string | undefined;
  readonly now: string;
  /** The file or folder that it was found in, of an input that lies in one. */
  readonly where?: string;
  /** Whether `--force` may go over it. */
  readonly isForcible: boolean;
}

/**
 * All that is no longer as the run has it. Latencies of a search don't compare with those of another device or way of measuring, and its budget, its table and its best are
 * latencies: it would decide wrongly, and to measure all of them anew is to start anew. So it is with an optimization, which has a search, and compares models. A pretraining
 * measures none.
 */
export function worldChanges(run: RunRecord, now: RunOrigin, places: InputPlaces): readonly WorldChange[] {
  const { deviceFingerprint: before, snapevoVersion } = run;
  const device = { name: 'device', before, now: now.deviceFingerprint, isForcible: run.kind === 'pretrain' };
  const snapevo = { name: 'snapevo', before: snapevoVersion, now: now.snapevoVersion, isForcible: true };
  return [
    ...changedInputs(run, now.inputs, places),
    ...(device.before === device.now ? [] : [device]),
    ...(mixesResults(snapevo.before, snapevo.now) ? [snapevo] : []),
  ];
}

/** The inputs found that are not those of the run. */
export function changedInputs(
  { inputs }: RunRecord,
  found: RunRecord['inputs'],
  places: InputPlaces,
): readonly WorldChange[] {
  return Object.entries(found)
    .filter(([name, now]) => inputs[name] !== now)
    .map(([name, now]) => {
      const where = places[name];
      const change = { name, before: inputs[name], now, isForcible: name !== 'measuring' };
      return where === undefined ? change : { ...change, where };
    });
}
