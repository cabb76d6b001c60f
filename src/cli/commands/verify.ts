import { Command } from 'commander';
import type { VerifyOptions } from '../actions/verify-runs.js';
import type { CliContext } from '../cli-context.js';
import { jsonOption, resultsOption } from '../options.js';

export function verifyCommand(context: CliContext): Command {
  return new Command('verify')
    .description(
      'look for damage: in the database, in checkpoints, and in decisions, which are made anew from what is stored; status 1 where there is any',
    )
    .argument('[run]', 'id of a run, or the beginning or end of one (default: all)')
    .addOption(resultsOption())
    .addOption(jsonOption())
    .action(async (run: string | undefined, options: VerifyOptions) => {
      const { verifyRuns } = await import('../actions/verify-runs.js');
      await verifyRuns(run, options, context);
    });
}
