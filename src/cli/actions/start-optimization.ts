import { loadConfig } from '../../config/load-config.js';
import { optimizeConfigSchema, type OptimizationStage } from '../../config/optimize-config.js';
import { printConfig } from '../../config/print-config.js';
import type { CliContext } from '../cli-context.js';
import { beginRun } from '../compose/begin-run.js';
import { configuredDevice, fingerprintOf } from '../compose/describe-device.js';
import { withStore } from '../compose/open-store.js';
import { optimizationInputs } from '../compose/optimization-inputs.js';
import { finishOptimization } from '../optimize-run/finish-optimization.js';
import { requirePossible } from '../optimize-run/require-possible.js';
import { refuseStages, requireStages } from '../optimize-run/require-stages.js';

export interface OptimizeCommandOptions {
  readonly set: readonly string[];
  readonly dryRun: boolean;
  readonly json: boolean;
}

/**
 * Starts an optimization from its config, and sees it to its end or interruption.
 * @param stages instead of the config's
 */
export async function startOptimization(
  configFile: string,
  stages: readonly OptimizationStage[] | undefined,
  options: OptimizeCommandOptions,
  context: CliContext,
): Promise<void> {
  const { terminal, currentFolder } = context;
  if (stages !== undefined) refuseStages(stages, options.set);
  const loaded = loadConfig(optimizeConfigSchema, configFile, { settings: options.set, currentFolder });
  const config = stages === undefined ? loaded : { ...loaded, stages };
  requireStages(config);
  if (options.dryRun) {
    terminal.print(printConfig(config).trimEnd());
    return;
  }
  const deviceFingerprint = fingerprintOf(configuredDevice(config.device));
  await requirePossible(config);
  const inputs = await optimizationInputs(config);
  await withStore(config.results, context, async (store) => {
    const beginning = { kind: 'optimize', config, deviceFingerprint, inputs } as const;
    const run = beginRun(store, beginning, context, options.json);
    await finishOptimization({ store, run, config }, context, options.json);
  });
}
