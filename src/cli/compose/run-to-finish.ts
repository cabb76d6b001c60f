import type { RunRecord } from '../../store/run-record.js';
import type { Store } from '../../store/store.js';

/** A run that is to be seen to its end, from wherever it stands. */
export interface RunToFinish<Config> {
  readonly store: Store;
  /** With the origin that it goes on with. */
  readonly run: RunRecord;
  readonly config: Config;
  /** Told while the run is held, once all that the work needs is open and before anything that comes of it is stored; told again after a lost worker. */
  readonly onOpened?: () => void;
}
