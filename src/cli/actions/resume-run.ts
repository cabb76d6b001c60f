import { resolve } from 'node:path';
import { pretrainConfigSchema } from '../../config/pretrain-config.js';
import { searchConfigSchema, type SearchConfig } from '../../config/search-config.js';
import type { RunRecord } from '../../store/run-record.js';
import type { Store } from '../../store/store.js';
import type { CliContext } from '../cli-context.js';
import { configuredDevice, fingerprintOf } from '../compose/describe-device.js';
import { announceRun } from '../compose/announce-run.js';
import { hasStore, withStore } from '../compose/open-store.js';
import { checkInputs, pretrainInputs, runWorldChanged, searchInputs } from '../compose/run-inputs.js';
import { storedConfig } from '../compose/stored-config.js';
import { finishPretraining } from '../pretrain-run/finish-pretraining.js';
import { finishSearch } from '../search-run/finish-search.js';
import { noRun, selectRun, type Wanted } from '../select-run.js';

export interface ResumeOptions {
  readonly results: string;
  readonly json: boolean;
}

const UNFINISHED: Wanted = { kinds: ['search', 'pretrain'], statuses: ['interrupted', 'failed'] };

/** Goes on with an interrupted or failed run, from the last thing it stored. */
export async function resumeRun(
  given: string | undefined,
  options: ResumeOptions,
  context: CliContext,
): Promise<void> {
  const results = resolve(context.currentFolder, options.results);
  if (!hasStore(results)) throw noRun(UNFINISHED, results);
  await withStore(results, context.nowMs, async (store) => {
    const run = selectRun(store, given, UNFINISHED);
    announceRun(run, context.terminal, options.json);
    if (run.kind === 'search') await resumeSearch(store, run, results, options, context);
    else await resumePretraining(store, run, results, options, context);
  });
}

async function resumeSearch(
  store: Store,
  run: RunRecord,
  results: string,
  { json }: ResumeOptions,
  context: CliContext,
): Promise<void> {
  const config = { ...storedConfig(searchConfigSchema, run), results };
  checkDevice(run, config);
  checkInputs(run, await searchInputs(config));
  await finishSearch(store, run, config, context, json);
}

async function resumePretraining(
  store: Store,
  run: RunRecord,
  results: string,
  { json }: ResumeOptions,
  context: CliContext,
): Promise<void> {
  const config = { ...storedConfig(pretrainConfigSchema, run), results };
  checkDevice(run, config);
  checkInputs(run, await pretrainInputs(config));
  await finishPretraining(store, run, config, context, json);
}

/** What was measured on another device cannot be compared with what is to come. */
function checkDevice(run: RunRecord, { device }: Pick<SearchConfig, 'device'>): void {
  const found = fingerprintOf(configuredDevice(device));
  if (found === run.deviceFingerprint) return;
  throw runWorldChanged(run, `the device "${run.deviceFingerprint}"`, `"${found}"`, 'Resume it there');
}
