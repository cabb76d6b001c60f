import type { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { optimizationCommand } from './optimization-command.js';

export function optimizeCommand(context: CliContext): Command {
  return optimizationCommand(
    'optimize',
    'evolve the UNet, compress the decoder and distil the steps: from a pipeline to a fast one',
    undefined,
    context,
  );
}
