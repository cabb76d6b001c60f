import { Command } from 'commander';
import type { DoctorOptions } from '../actions/examine-machine.js';
import type { CliContext } from '../cli-context.js';
import { jsonOption } from '../options.js';

export function doctorCommand(context: CliContext): Command {
  return new Command('doctor')
    .description('show devices and versions, try each device, and say what is missing')
    .argument('[devices...]', 'devices that have to work (default: cpu); status 1 where one does not')
    .addOption(jsonOption())
    .action(async (devices: readonly string[], options: DoctorOptions) => {
      const { examineMachine } = await import('../actions/examine-machine.js');
      await examineMachine(devices, options, context);
    });
}
