import { configuredDevice, fingerprintOf } from '../src/cli/compose/describe-device.js';
import { searchInputs } from '../src/cli/compose/run-inputs.js';
import { withSearchParts, type ComposedSearch } from '../src/cli/compose/with-search-parts.js';
import { SearchDisplay } from '../src/cli/search-run/search-display.js';
import { SearchNarrator } from '../src/cli/search-run/search-narrator.js';
import { createTerminal } from '../src/cli/terminal/terminal.js';
import { loadConfig } from '../src/config/load-config.js';
import { searchConfigSchema } from '../src/config/search-config.js';
import type { RunRecord } from '../src/store/run-record.js';
import type { Store } from '../src/store/store.js';

/** A configuration with some of its keys changed, as by `--set`. */
export interface BenchSearch {
  readonly config: string;
  readonly settings: readonly string[];
}

/** Puts together what a search works with, under a new run that the store holds, for work that is not a search's. */
export async function withBenchSearch<T>(
  store: Store,
  { config: path, settings }: BenchSearch,
  work: (parts: ComposedSearch, run: RunRecord) => Promise<T>,
): Promise<T> {
  const config = loadConfig(searchConfigSchema, path, { settings, currentFolder: process.cwd() });
  const run = store.createRun({
    kind: 'search',
    name: config.name,
    config,
    snapevoVersion: 'bench',
    deviceFingerprint: fingerprintOf(configuredDevice(config.device)),
    inputs: await searchInputs(config),
  });
  store.lockRun(run.id);
  const terminal = createTerminal({
    output: process.stdout,
    notes: process.stderr,
    environment: process.env,
    elapsedMs: () => performance.now(),
  });
  const telling = {
    display: new SearchDisplay(terminal.progress),
    narrator: new SearchNarrator(terminal, run.id, { asJson: false, scope: config.search.scope }),
  };
  return withSearchParts(config, { store, run }, telling, (parts) => work(parts, run));
}
