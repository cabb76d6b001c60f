import { Command, Option } from 'commander';
import type { ShowOptions } from '../actions/show-run.js';
import type { CliContext } from '../cli-context.js';
import { jsonOption, resultsOption, wholeNumberFrom } from '../options.js';

export function showCommand(context: CliContext): Command {
  return new Command('show')
    .description(
      'show a run: rounds, the ranking of every block and what was done of a search; stages and figures of an optimization',
    )
    .argument('[run]', 'id of a run, or the beginning or end of one (default: the newest)')
    .addOption(
      new Option('--round <number>', 'the round whose ranking to show (default: the last)').argParser(
        wholeNumberFrom(1),
      ),
    )
    .addOption(new Option('--all', 'show the ranking of every round').default(false).conflicts('round'))
    .addOption(resultsOption())
    .addOption(jsonOption())
    .action(async (run: string | undefined, options: ShowOptions) => {
      const { showRun } = await import('../actions/show-run.js');
      showRun(run, options, context);
    });
}
