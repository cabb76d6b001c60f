import { resolve } from 'node:path';
import { optimizeConfigSchema } from '../../config/optimize-config.js';
import { pretrainConfigSchema } from '../../config/pretrain-config.js';
import { searchConfigSchema, type SearchConfig } from '../../config/search-config.js';
import type { RunRecord } from '../../store/run-record.js';
import type { Store } from '../../store/store.js';
import type { CliContext } from '../cli-context.js';
import { configuredDevice, fingerprintOf } from '../compose/describe-device.js';
import { announceRun } from '../compose/announce-run.js';
import {
  optimizationPlaces,
  pretrainPlaces,
  searchPlaces,
  type InputPlaces,
} from '../compose/input-places.js';
import { movedConfig } from '../compose/moved-config.js';
import { hasStore, withStore } from '../compose/open-store.js';
import { runCommand } from '../compose/run-command.js';
import type { RunToFinish } from '../compose/run-to-finish.js';
import {
  storedOptimizationInputs,
  storedPretrainInputs,
  storedSearchInputs,
} from '../compose/stored-inputs.js';
import { requireGoingOn, takenOver } from '../compose/take-over.js';
import { worldChanges } from '../compose/world-changes.js';
import { begunBy } from '../optimize-run/begun-by.js';
import { finishOptimization } from '../optimize-run/finish-optimization.js';
import { finishPretraining } from '../pretrain-run/finish-pretraining.js';
import { finishSearch } from '../search-run/finish-search.js';
import { layoutChanges } from '../search-run/read-search-state.js';
import { noRun, selectRun, type Wanted } from '../select-run.js';

export interface ResumeOptions {
  readonly results: string;
  readonly force: boolean;
  readonly json: boolean;
}

const UNFINISHED: Wanted = { kinds: ['search', 'pretrain', 'optimize'], statuses: ['interrupted', 'failed'] };

/**
 * Goes on with an interrupted or failed run, from the last thing it stored.
 * @throws SnapEvoError `RUN_WORLD_CHANGED`, `RUN_INPUT_UNREADABLE`; as {@link selectRun} and the run's work do
 */
export async function resumeRun(
  given: string | undefined,
  options: ResumeOptions,
  context: CliContext,
): Promise<void> {
  const results = resolve(context.currentFolder, options.results);
  if (!hasStore(results)) throw noRun(UNFINISHED, results);
  await withStore(results, context, async (store) => {
    const run = unfinishedRun(store, given);
    announceRun(run, context.terminal, options.json);
    if (run.kind === 'search') await resumeSearch(store, run, results, options, context);
    else if (run.kind === 'optimize') await resumeOptimization(store, run, results, options, context);
    else await resumePretraining(store, run, results, options, context);
  });
}

/** Unnamed, a search that an optimization began is gone on with as a part of that. */
function unfinishedRun(store: Store, given: string | undefined): RunRecord {
  const run = selectRun(store, given, UNFINISHED);
  const whole = given === undefined ? begunBy(store, run) : undefined;
  return whole === undefined || whole.status === 'finished' ? run : whole;
}

async function resumeSearch(
  store: Store,
  run: RunRecord,
  results: string,
  options: ResumeOptions,
  context: CliContext,
): Promise<void> {
  const config = movedConfig(searchConfigSchema, run, results, context.terminal);
  const inputs = await storedSearchInputs(run, config);
  const found = { config, inputs, places: searchPlaces(config) };
  const resumed = inThisWorld(store, run, found, options, context);
  await finishSearch({ ...resumed, config }, context, options.json);
}

async function resumeOptimization(
  store: Store,
  run: RunRecord,
  results: string,
  options: ResumeOptions,
  context: CliContext,
): Promise<void> {
  const config = movedConfig(optimizeConfigSchema, run, results, context.terminal);
  const inputs = await storedOptimizationInputs(run, config);
  const found = { config, inputs, places: optimizationPlaces(config) };
  const resumed = inThisWorld(store, run, found, options, context);
  await finishOptimization({ ...resumed, config }, context, options.json);
}

async function resumePretraining(
  store: Store,
  run: RunRecord,
  results: string,
  options: ResumeOptions,
  context: CliContext,
): Promise<void> {
  const config = movedConfig(pretrainConfigSchema, run, results, context.terminal);
  const inputs = await storedPretrainInputs(config);
  const found = { config, inputs, places: pretrainPlaces(config) };
  const resumed = inThisWorld(store, run, found, options, context);
  await finishPretraining({ ...resumed, config }, context, options.json);
}

interface Found {
  readonly config: Pick<SearchConfig, 'device' | 'results'>;
  readonly inputs: RunRecord['inputs'];
  readonly places: InputPlaces;
}

/**
 * The run as it can be gone on with here. Its record has another world once that is open: what can't be loaded doesn't take a run over.
 * Throws as {@link requireGoingOn} does.
 */
function inThisWorld(
  store: Store,
  run: RunRecord,
  { config: { device, results }, inputs, places }: Found,
  { force }: ResumeOptions,
  { terminal, currentFolder, nowMs, version }: CliContext,
): Omit<RunToFinish<never>, 'config'> {
  const now = { snapevoVersion: version, deviceFingerprint: fingerprintOf(configuredDevice(device)), inputs };
  const changes = [...worldChanges(run, now, places), ...layoutChanges(store, run)];
  requireGoingOn(run, changes, { force, command: runCommand('resume', run.id, results, currentFolder) });
  if (changes.length === 0) return { store, run };
  terminal.note(`Going on by force; no longer as it was: ${changes.map(({ name }) => name).join(', ')}.`);
  const origin = takenOver(run, now, changes, nowMs());
  let isStored = false;
  const onOpened = (): void => {
    if (!isStored) store.setOrigin(run.id, origin);
    isStored = true;
  };
  return { store, run: { ...run, ...origin }, onOpened };
}
