import { loadConfig } from '../../config/load-config.js';
import { printConfig } from '../../config/print-config.js';
import { searchConfigSchema } from '../../config/search-config.js';
import type { CliContext } from '../cli-context.js';
import { plotRun } from './plot-run.js';
import { configuredDevice, fingerprintOf } from '../compose/describe-device.js';
import { beginRun } from '../compose/begin-run.js';
import { withStore } from '../compose/open-store.js';
import { searchInputs } from '../compose/run-inputs.js';
import { plotFormatOf } from '../../report/plot-format.js';
import { finishSearch } from '../search-run/finish-search.js';

export interface SearchCommandOptions {
  readonly set: readonly string[];
  readonly dryRun: boolean;
  /** Short for `--set latency.remeasure=true`. */
  readonly remeasure: boolean;
  readonly plot?: string;
  readonly json: boolean;
}

/** Starts a search from its config, and sees it to its end or interruption. */
export async function startSearch(
  configFile: string,
  options: SearchCommandOptions,
  context: CliContext,
): Promise<void> {
  const { terminal, currentFolder } = context;
  const settings = options.remeasure ? [...options.set, 'latency.remeasure=true'] : options.set;
  const config = loadConfig(searchConfigSchema, configFile, { settings, currentFolder });
  const deviceFingerprint = fingerprintOf(configuredDevice(config.device));
  if (options.dryRun) {
    terminal.print(printConfig(config).trimEnd());
    return;
  }
  if (options.plot !== undefined) plotFormatOf(options.plot);
  const inputs = await searchInputs(config);
  await withStore(config.results, context, async (store) => {
    const beginning = { kind: 'search', config, deviceFingerprint, inputs } as const;
    const run = beginRun(store, beginning, context, options.json);
    await finishSearch({ store, run, config }, context, options.json);
    const { plot: out, json } = options;
    if (out !== undefined) plotRun(run.id, { out, losses: false, results: config.results, json }, context);
  });
}
