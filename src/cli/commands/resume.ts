import { Command, Option } from 'commander';
import type { ResumeOptions } from '../actions/resume-run.js';
import type { CliContext } from '../cli-context.js';
import { jsonOption, resultsOption } from '../options.js';

export function resumeCommand(context: CliContext): Command {
  return new Command('resume')
    .description('go on where a run was interrupted, with the configuration that it was started with')
    .argument('[run]', 'id of a run, or the beginning or end of one (default: the newest unfinished)')
    .addOption(
      new Option(
        '--force',
        'go on even if the model, other inputs or SnapEvo changed meanwhile; the run keeps a record of it',
      ).default(false),
    )
    .addOption(resultsOption())
    .addOption(jsonOption())
    .action(async (run: string | undefined, options: ResumeOptions) => {
      const { resumeRun } = await import('../actions/resume-run.js');
      await resumeRun(run, options, context);
    });
}
