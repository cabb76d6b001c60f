import { Command } from 'commander';
import type { ResumeOptions } from '../actions/resume-run.js';
import type { CliContext } from '../cli-context.js';
import { jsonOption, resultsOption } from '../options.js';

export function resumeCommand(context: CliContext): Command {
  return new Command('resume')
    .description('go on where a run was interrupted')
    .argument('[run]', 'id of a run, or the beginning or end of one (default: the newest unfinished)')
    .addOption(resultsOption())
    .addOption(jsonOption())
    .action(async (run: string | undefined, options: ResumeOptions) => {
      const { resumeRun } = await import('../actions/resume-run.js');
      await resumeRun(run, options, context);
    });
}
