import { Command } from 'commander';
import type { OptimizeCommandOptions } from '../actions/start-optimization.js';
import type { CliContext } from '../cli-context.js';
import { dryRunOption, jsonOption, settingOption } from '../options.js';

export function distillCommand(context: CliContext): Command {
  return new Command('distill')
    .description('distil a pipeline to fewer denoising steps')
    .argument('<config>', 'YAML file, e.g. configs/emoji-full.yaml')
    .addOption(settingOption())
    .addOption(dryRunOption())
    .addOption(jsonOption())
    .action(async (config: string, options: OptimizeCommandOptions) => {
      const { startOptimization } = await import('../actions/start-optimization.js');
      await startOptimization(config, ['steps'], options, context);
    });
}
