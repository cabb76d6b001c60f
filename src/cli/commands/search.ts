import { Command, Option } from 'commander';
import type { SearchCommandOptions } from '../actions/start-search.js';
import type { CliContext } from '../cli-context.js';
import { dryRunOption, jsonOption, remeasureOption, settingOption } from '../options.js';

export function searchCommand(context: CliContext): Command {
  return new Command('search')
    .description('search for an architecture within the latency budget')
    .argument('<config>', 'YAML file, e.g. configs/emoji.yaml')
    .addOption(settingOption())
    .addOption(new Option('--plot <file>', 'draw the frontier into this file at the end'))
    .addOption(remeasureOption())
    .addOption(dryRunOption())
    .addOption(jsonOption())
    .action(async (config: string, options: SearchCommandOptions) => {
      const { startSearch } = await import('../actions/start-search.js');
      await startSearch(config, options, context);
    });
}
