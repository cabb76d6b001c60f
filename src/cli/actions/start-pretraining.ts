import { loadConfig } from '../../config/load-config.js';
import { pretrainConfigSchema } from '../../config/pretrain-config.js';
import { printConfig } from '../../config/print-config.js';
import type { CliContext } from '../cli-context.js';
import { configuredDevice, fingerprintOf } from '../compose/describe-device.js';
import { announceRun } from '../compose/announce-run.js';
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
  const { terminal, currentFolder, version } = context;
  const config = loadConfig(pretrainConfigSchema, configFile, { settings: options.set, currentFolder });
  if (options.dryRun) {
    terminal.print(printConfig(config).trimEnd());
    return;
  }
  const deviceFingerprint = fingerprintOf(configuredDevice(config.device));
  const inputs = await pretrainInputs(config);
  await withStore(config.results, context, async (store) => {
    const run = store.createRun({
      kind: 'pretrain',
      name: config.name,
      config,
      snapevoVersion: version,
      deviceFingerprint,
      inputs,
    });
    announceRun(run, terminal, options.json);
    await finishPretraining({ store, run, config }, context, options.json);
  });
}
