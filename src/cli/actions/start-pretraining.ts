import { loadConfig } from '../../config/load-config.js';
import { pretrainConfigSchema } from '../../config/pretrain-config.js';
import { printConfig } from '../../config/print-config.js';
import type { CliContext } from '../cli-context.js';
import { describeDevice } from '../compose/describe-device.js';
import { withStore } from '../compose/open-store.js';
import { settleEnding } from '../compose/settle-run.js';
import { conductPretraining } from '../pretrain-run/conduct-pretraining.js';

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
  const { terminal, currentFolder, nowMs, version } = context;
  const config = loadConfig(pretrainConfigSchema, configFile, { settings: options.set, currentFolder });
  if (options.dryRun) {
    terminal.print(printConfig(config).trimEnd());
    return;
  }
  await withStore(config.results, nowMs, async (store) => {
    const run = store.createRun({
      kind: 'pretrain',
      name: config.name,
      config,
      snapevoVersion: version,
      deviceFingerprint: describeDevice(config.device),
      pipelineHash: 'none',
    });
    terminal.note(`run ${run.id}`);
    settleEnding(await conductPretraining(store, run, config, context), run.id, context);
    if (options.json) terminal.printJson({ run: run.id, ...config.out });
    else terminal.print(`Wrote ${config.out.pipeline} and ${config.out.scorer}.`);
  });
}
