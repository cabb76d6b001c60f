import type { SearchConfig } from '../../config/search-config.js';
import type { NewRun, RunRecord } from '../../store/run-record.js';
import type { Store } from '../../store/store.js';
import type { CliContext } from '../cli-context.js';
import { announceRun } from './announce-run.js';

/** What a run is begun with. */
export interface Beginning<Config> extends Pick<NewRun, 'kind' | 'deviceFingerprint' | 'inputs'> {
  readonly config: Config;
}

/** Stores a new run by this version of SnapEvo, and tells its id. Throws as `Store.createRun` does. */
export function beginRun<Config extends Pick<SearchConfig, 'name'>>(
  store: Store,
  beginning: Beginning<Config>,
  { terminal, version }: Pick<CliContext, 'terminal' | 'version'>,
  asJson: boolean,
): RunRecord {
  const run = store.createRun({ ...beginning, name: beginning.config.name, snapevoVersion: version });
  announceRun(run, terminal, asJson);
  return run;
}
