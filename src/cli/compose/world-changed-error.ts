import { SnapEvoError } from '../../errors/snapevo-error.js';
import type { RunRecord } from '../../store/run-record.js';
import { shortInput } from '../views/figures.js';
import type { WorldChange } from './world-changes.js';

/** Everything that a run needs and that is no longer there, at once. */
export class WorldChangedError extends SnapEvoError {
  /** @param further what to know besides, as a sentence */
  constructor({ id }: RunRecord, changes: readonly WorldChange[], further: string) {
    const lines = changes.map(describeChange);
    super({
      code: 'RUN_WORLD_CHANGED',
      message:
        lines.length === 1
          ? (lines[0] ?? '')
          : `${lines.length} things have changed since the run was started:\n${lines.map((line) => `  ${line}`).join('\n')}`,
      where: id,
      hint: `Put back what was changed, or start a new run. ${further}`,
      lists: { changes },
    });
  }
}

function describeChange({ name, before, now, where }: WorldChange): string {
  const had = before === undefined ? 'nothing on record' : shortInput(before);
  return `${name}: expected what the run was started with, ${had}, found ${shortInput(now)}${where === undefined ? '' : ` in ${where}`}`;
}
