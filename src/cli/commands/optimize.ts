import type { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { optimizationCommand } from './optimization-command.js';

const FOOTER = `
Goes through the stages evolve, decoder, steps and compare, or those that the configuration has: --set 'stages=[steps, compare]'.
\`npx snapevo resume\` goes on inside the stage, \`npx snapevo show\` tells how far it is and what came of it.`;

export function optimizeCommand(context: CliContext): Command {
  return optimizationCommand(
    'optimize',
    'evolve the UNet, compress the decoder and distil the steps: from a pipeline to a fast one',
    undefined,
    context,
  ).addHelpText('after', FOOTER);
}
