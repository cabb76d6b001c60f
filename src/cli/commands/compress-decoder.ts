import type { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { optimizationCommand } from './optimization-command.js';

export function compressDecoderCommand(context: CliContext): Command {
  return optimizationCommand(
    'compress-decoder',
    'prune the image decoder of a pipeline and distil what is left',
    ['decoder'],
    context,
  );
}
