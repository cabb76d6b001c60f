import { failureNotStored } from '../../errors/failure-not-stored.js';
import type { RunRecord } from '../../store/run-record.js';
import type { Store } from '../../store/store.js';
import { summarizeError } from '../terminal/error-report.js';

/** How work on a run ended, when nothing was thrown. */
export type Ending = 'finished' | 'interrupted';

/**
 * Works on a run as its only writer, and stores how that ended: a run whose work throws has failed, and can be resumed.
 * @param onFailure told when the work failed, once that is stored or can't be
 * @throws SnapEvoError `STORE_RUN_LOCKED`, `FAILURE_NOT_STORED`; what the work throws
 */
export async function holdRun(
  store: Store,
  { id }: RunRecord,
  signal: AbortSignal,
  work: () => Promise<Ending>,
  onFailure: () => void = () => undefined,
): Promise<Ending> {
  store.lockRun(id);
  try {
    const ending = await work();
    store.endRun(id, ending);
    return ending;
  } catch (error) {
    const isInterruption = signal.aborted && error === signal.reason;
    try {
      if (isInterruption) store.endRun(id, 'interrupted');
      else store.endRun(id, 'failed', summarizeError(error));
    } catch (later) {
      throw failureNotStored(error, later);
    } finally {
      if (!isInterruption) onFailure();
    }
    throw error;
  }
}
