import { Command, Option } from 'commander';
import type { PlotOptions } from '../actions/plot-run.js';
import type { CliContext } from '../cli-context.js';
import { resultsOption, jsonOption } from '../options.js';

export function plotCommand(context: CliContext): Command {
  return new Command('plot')
    .description(
      'draw the latency-CLIP frontier of a search, alone or in an optimization, or the losses of a training',
    )
    .argument('[run]', 'id of a run, or the beginning or end of one (default: the newest)')
    .addOption(
      new Option(
        '--out <file>',
        'where to write: .png, .svg, .csv or .json (default: frontier.png or losses.png)',
      ),
    )
    .addOption(
      new Option('--losses', 'draw the losses of the run’s own trainings instead of a frontier').default(
        false,
      ),
    )
    .addOption(resultsOption())
    .addOption(jsonOption())
    .action(async (run: string | undefined, options: PlotOptions) => {
      const { plotRun } = await import('../actions/plot-run.js');
      plotRun(run, options, context);
    });
}
