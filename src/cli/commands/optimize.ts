import { Command } from 'commander';
import type { OptimizeCommandOptions } from '../actions/start-optimization.js';
import type { CliContext } from '../cli-context.js';
import { dryRunOption, jsonOption, settingOption } from '../options.js';

export function optimizeCommand(context: CliContext): Command {
  return new Command('optimize')
    .description('evolve the UNet, compress the decoder and distil the steps: from a pipeline to a fast one')
    .argument('<config>', 'YAML file, e.g. configs/emoji-full.yaml')
    .addOption(settingOption())
    .addOption(dryRunOption())
    .addOption(jsonOption())
    .action(async (config: string, options: OptimizeCommandOptions) => {
      const { startOptimization } = await import('../actions/start-optimization.js');
      await startOptimization(config, undefined, options, context);
    });
}
