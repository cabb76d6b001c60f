import { Command, Option } from 'commander';
import type { PrecisionOptions } from '../actions/measure-precision.js';
import type { CliContext } from '../cli-context.js';
import { requireCompanions, type Companion } from '../option-companions.js';
import {
  jsonOption,
  numberFrom,
  remeasureOption,
  resultsOption,
  variantOption,
  wholeNumberFrom,
} from '../options.js';

export function measureCommand(context: CliContext): Command {
  const command = new Command('measure')
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
    .addOption(jsonOption());
  for (const option of precisionOptions()) command.addOption(option);
  return command.action((model: string, options: Chosen) => {
    requireCompanions(command, companions);
    return measure(model, options, context);
  });
}

type Chosen = PrecisionOptions & { readonly precision?: 'int8' };

async function measure(model: string, options: Chosen, context: CliContext): Promise<void> {
  const device = options.device.length === 0 ? ['cpu'] : options.device;
  if (options.precision === undefined) {
    const { measureModel } = await import('../actions/measure-model.js');
    await measureModel(model, { ...options, device }, context);
  } else {
    const { measurePrecision } = await import('../actions/measure-precision.js');
    await measurePrecision(model, { ...options, device }, context);
  }
}

const companions: readonly Companion[] = [
  { options: ['scorer', 'prompts', 'split', 'count', 'steps', 'guidance'], with: 'precision' },
  { options: ['prompts', 'split', 'count', 'steps', 'guidance'], with: 'scorer' },
  { options: ['parallel', 'calibrate'], without: 'precision' },
];

/** Of blocks on weights of int8, and what scores them. */
function precisionOptions(): readonly Option[] {
  return [
    new Option(
      '--precision <name>',
      'measure every block alone in fp32 and on weights of int8, instead of the table',
    ).choices(['int8']),
    new Option('--scorer <folder>', 'with --precision: CLIP model that scores each block on int8'),
    new Option('--prompts <path>', 'with --scorer: captions to score with (default: the emoji set’s)'),
    new Option('--split <part>', 'with --scorer: which of the emoji set’s captions')
      .choices(['held-out', 'train'])
      .default('held-out'),
    new Option('--count <number>', 'with --scorer: captions to score with')
      .default(32)
      .argParser(wholeNumberFrom(2)),
    new Option('--steps <number>', 'with --scorer: denoising steps of a scored picture')
      .default(6)
      .argParser(wholeNumberFrom(1)),
    new Option('--guidance <scale>', 'with --scorer: strength of the prompt')
      .default(3)
      .argParser(numberFrom(0)),
  ];
}
