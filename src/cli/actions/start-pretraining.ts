import { loadConfig } from '../../config/load-config.js';
import { pretrainConfigSchema } from '../../config/pretrain-config.js';
import { printConfig } from '../../config/print-config.js';
import type { CliContext } from '../cli-context.js';
import { configuredDevice, fingerprintOf } from '../compose/describe-device.js';
import { beginRun } from '../compose/begin-run.js';
import { withStore } from '../compose/open-store.js';
import { pretrainInputs } from '../compose/run-inputs.js';
import { finishPretraining } from '../pretrain-run/finish-pretraining.js';

export interface PretrainCommandOptions {
  readonly set: readonly string[];
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** Starts a pretraining from its config, and sees it to its end or interruption. */
export async function startPretraining(
  configFile: string,
  options: PretrainCommandOptions,
  context: CliContext,
): Promise<void> {
  const { terminal, currentFolder } = context;
  const config = loadConfig(pretrainConfigSchema, configFile, { settings: options.set, currentFolder });
  if (options.dryRun) {
    terminal.print(printConfig(config).trimEnd());
    return;
  }
  const deviceFingerprint = fingerprintOf(configuredDevice(config.device));
  const inputs = await pretrainInputs(config);
  await withStore(config.results, context, async (store) => {
    const beginning = { kind: 'pretrain', config, deviceFingerprint, inputs } as const;
    const run = beginRun(store, beginning, context, options.json);
    await finishPretraining({ store, run, config }, context, options.json);
  });
}
