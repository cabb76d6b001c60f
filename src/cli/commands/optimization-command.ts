import { Command } from 'commander';
import type { OptimizationStage } from '../../config/optimize-config.js';
import type { OptimizeCommandOptions } from '../actions/start-optimization.js';
import type { CliContext } from '../cli-context.js';
import { dryRunOption, jsonOption, settingOption } from '../options.js';

/**
 * A command that goes through stages of an optimization.
 * @param stages instead of the configuration's
 */
export function optimizationCommand(
  name: string,
  description: string,
  stages: readonly OptimizationStage[] | undefined,
  context: CliContext,
): Command {
  return new Command(name)
    .description(description)
    .argument('<config>', 'YAML file, e.g. configs/emoji-full.yaml')
    .addOption(settingOption())
    .addOption(dryRunOption())
    .addOption(jsonOption())
    .action(async (config: string, options: OptimizeCommandOptions) => {
      const { startOptimization } = await import('../actions/start-optimization.js');
      await startOptimization(config, stages, options, context);
    });
}
