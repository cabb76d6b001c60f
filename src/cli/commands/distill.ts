import type { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { optimizationCommand } from './optimization-command.js';

export function distillCommand(context: CliContext): Command {
  return optimizationCommand('distill', 'distil a pipeline to fewer denoising steps', ['steps'], context);
}
