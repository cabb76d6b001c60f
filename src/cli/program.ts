import { Command } from 'commander';
import type { CliContext } from './cli-context.js';
import { compressDecoderCommand } from './commands/compress-decoder.js';
import { distillCommand } from './commands/distill.js';
import { doctorCommand } from './commands/doctor.js';
import { evaluateCommand } from './commands/evaluate.js';
import { exportCommand } from './commands/export.js';
import { gcCommand } from './commands/gc.js';
import { generateCommand } from './commands/generate.js';
import { listCommand } from './commands/list.js';
import { measureCommand } from './commands/measure.js';
import { optimizeCommand } from './commands/optimize.js';
import { plotCommand } from './commands/plot.js';
import { pretrainCommand } from './commands/pretrain.js';
import { pullCommand } from './commands/pull.js';
import { resumeCommand } from './commands/resume.js';
import { searchCommand } from './commands/search.js';
import { showCommand } from './commands/show.js';
import { verifyCommand } from './commands/verify.js';

const FOOTER = `
Results go to standard output, progress and notes to standard error.
Exit status: 0 success, 1 a fault in SnapEvo, or one that doctor or verify found, 2 a fault in what it was given, 130 after Ctrl-C.`;

/**
 * All commands. Each imports what it works with only when it is run, so that help and lists come at once.
 * @param asJson leaves errors to the caller
 */
export function createProgram(context: CliContext, asJson: boolean): Command {
  const program = new Command('snapevo')
    .description(
      'Evolves the architecture of a text-to-image diffusion model until it fits a latency budget.',
    )
    .version(context.version)
    .addHelpText('after', FOOTER);
  const commands = [
    searchCommand(context),
    resumeCommand(context),
    listCommand(context),
    showCommand(context),
    plotCommand(context),
    generateCommand(context),
    exportCommand(context),
    evaluateCommand(context),
    measureCommand(context),
    pullCommand(context),
    optimizeCommand(context),
    compressDecoderCommand(context),
    distillCommand(context),
    pretrainCommand(context),
    verifyCommand(context),
    gcCommand(context),
    doctorCommand(context),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of [program, ...commands]) settle(command, context, asJson);
  return program;
}

/** Errors and help go through the terminal, and commander throws where it would exit. */
function settle(command: Command, { terminal }: CliContext, asJson: boolean): void {
  command
    .exitOverride()
    .showHelpAfterError('Add --help for what it takes.')
    .configureOutput({
      writeOut: (text) => {
        terminal.print(text.trimEnd());
      },
      writeErr: (text) => {
        if (!asJson) terminal.note(text.trimEnd());
      },
    });
}
