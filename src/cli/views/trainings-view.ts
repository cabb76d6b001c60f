import type { Store } from '../../store/store.js';
import type { CheckpointRecord, TrainingLoss } from '../../store/training-records.js';
import { MODEL_FILE } from '../optimize-run/stage-folders.js';
import type { Styles } from '../terminal/styles.js';
import { formatTable } from '../terminal/table.js';
import { formatFigure } from './figures.js';

/** How far a run's trainings are. */
export interface TrainingReport {
  /** The newest loss of each training. */
  readonly lastLosses: readonly TrainingLoss[];
  /** Files of its folder that the run goes on from, and of an optimization those of the models that it made. */
  readonly checkpoints: readonly CheckpointRecord[];
}

export function reportTrainings(
  store: Pick<Store, 'readLosses' | 'readCheckpoints'>,
  runId: string,
): TrainingReport {
  const losses = store.readLosses(runId);
  return {
    lastLosses: [...new Map(losses.map((loss) => [loss.phase, loss])).values()],
    checkpoints: store.readCheckpoints(runId),
  };
}

/** A table of each that there is something of. */
export function formatTrainings({ lastLosses, checkpoints }: TrainingReport, styles: Styles): string {
  return [formatLosses(lastLosses, styles), formatCheckpoints(checkpoints, styles)]
    .filter((table) => table !== '')
    .join('\n\n');
}

function formatLosses(losses: readonly TrainingLoss[], styles: Styles): string {
  if (losses.length === 0) return '';
  return formatTable<TrainingLoss>(
    [
      { heading: 'training', cell: ({ phase }) => phase },
      { heading: 'steps', cell: ({ step }) => String(step), align: 'right' },
      { heading: 'last loss', cell: ({ loss }) => formatFigure(loss), align: 'right' },
    ],
    losses,
    (line, row) => (row === undefined ? styles.bold(line) : line),
  );
}

function formatCheckpoints(recorded: readonly CheckpointRecord[], styles: Styles): string {
  const checkpoints = recorded.filter(({ kind }) => kind !== MODEL_FILE);
  if (checkpoints.length === 0) return '';
  return formatTable<CheckpointRecord>(
    [
      { heading: 'checkpoint', cell: ({ file }) => file },
      { heading: 'steps', cell: ({ step }) => String(step), align: 'right' },
      { heading: 'MB', cell: ({ sizeBytes }) => formatFigure(sizeBytes / 1e6), align: 'right' },
    ],
    checkpoints,
    (line, row) => (row === undefined ? styles.bold(line) : line),
  );
}
