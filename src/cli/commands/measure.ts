import { Command, Option } from 'commander';
import type { MeasureOptions } from '../actions/measure-model.js';
import type { CliContext } from '../cli-context.js';
import { jsonOption, remeasureOption, resultsOption, variantOption, wholeNumberFrom } from '../options.js';

export function measureCommand(context: CliContext): Command {
  return new Command('measure')
    .description('measure how long every block of a UNet takes on a device, or several: its latency table')
    .argument('<model>', 'folder of a pipeline, or of a UNet alone')
    .addOption(
      new Option('--device <name>', 'cpu, webgpu, cuda:0...; repeatable, for tables side by side')
        .default([], 'cpu')
        .argParser((name: string, earlier: readonly string[]) => [...earlier, name]),
    )
    .addOption(
      new Option('--threads <number>', 'of the CPU; repeatable')
        .default([], 'the runtime’s choice')
        .argParser((text: string, earlier: readonly number[]) => [...earlier, wholeNumberFrom(1)(text)]),
    )
    .addOption(
      new Option(
        '--parallel',
        'measure devices at once that share no hardware; WebGPU, which may be the CPU, still has its turn to itself',
      ).default(false),
    )
    .addOption(
      new Option('--batch <number>', 'of the UNet: images, twice that under guidance')
        .default(1)
        .argParser(wholeNumberFrom(1)),
    )
    .addOption(
      new Option('--latents <side>', 'height and width of the latents (default: the model’s)').argParser(
        wholeNumberFrom(1),
      ),
    )
    .addOption(
      new Option('--context <tokens>', 'tokens of text (default: the pipeline’s, or 77)').argParser(
        wholeNumberFrom(1),
      ),
    )
    .addOption(
      new Option('--seconds <number>', 'longest time for all blocks alone, and for the whole')
        .default(120)
        .argParser(wholeNumberFrom(1)),
    )
    .addOption(
      new Option('--calibrate <networks>', 'random whole networks to calibrate the table with; 0 for none')
        .default(4)
        .argParser(wholeNumberFrom(0)),
    )
    .addOption(variantOption())
    .addOption(remeasureOption())
    .addOption(resultsOption())
    .addOption(jsonOption())
    .action(async (model: string, options: MeasureOptions) => {
      const { measureModel } = await import('../actions/measure-model.js');
      const device = options.device.length === 0 ? ['cpu'] : options.device;
      await measureModel(model, { ...options, device }, context);
    });
}
