import { Command } from 'commander';
import type { ListOptions } from '../actions/list-runs.js';
import type { CliContext } from '../cli-context.js';
import { jsonOption, resultsOption } from '../options.js';

export function listCommand(context: CliContext): Command {
  return new Command('list')
    .description('list the runs, newest first')
    .addOption(resultsOption())
    .addOption(jsonOption())
    .action(async (options: ListOptions) => {
      const { listRuns } = await import('../actions/list-runs.js');
      listRuns(options, context);
    });
}
