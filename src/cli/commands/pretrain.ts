import { Command } from 'commander';
import type { PretrainCommandOptions } from '../actions/start-pretraining.js';
import type { CliContext } from '../cli-context.js';
import { dryRunOption, jsonOption, settingOption } from '../options.js';

export function pretrainCommand(context: CliContext): Command {
  return new Command('pretrain')
    .description('train a text-to-image pipeline and its CLIP scorer from a data set')
    .argument('<config>', 'YAML file, e.g. configs/emoji-pretrain.yaml')
    .addOption(settingOption())
    .addOption(dryRunOption())
    .addOption(jsonOption())
    .action(async (config: string, options: PretrainCommandOptions) => {
      const { startPretraining } = await import('../actions/start-pretraining.js');
      await startPretraining(config, options, context);
    });
}
