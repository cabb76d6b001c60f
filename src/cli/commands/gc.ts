import { Command, Option } from 'commander';
import type { GarbageOptions } from '../actions/collect-garbage.js';
import type { CliContext } from '../cli-context.js';
import { jsonOption, resultsOption } from '../options.js';

export function gcCommand(context: CliContext): Command {
  return new Command('gc')
    .description('say which checkpoints and unfinished files nothing needs any longer, and delete them')
    .argument('[run]', 'id of a run, or the beginning or end of one (default: all)')
    .addOption(new Option('--dry-run', 'say how much it is and stop').default(false))
    .addOption(new Option('--yes', 'delete without asking; needed where nobody can be asked').default(false))
    .addOption(resultsOption())
    .addOption(jsonOption())
    .action(async (run: string | undefined, options: GarbageOptions) => {
      const { collectGarbage } = await import('../actions/collect-garbage.js');
      await collectGarbage(run, options, context);
    });
}
