import { Command, Option } from 'commander';
import type { GenerateOptions } from '../actions/generate-images.js';
import type { CliContext } from '../cli-context.js';
import {
  batchOption,
  jsonOption,
  numberFrom,
  resultsOption,
  samplerOption,
  stepsOption,
  variantOption,
  wholeNumberFrom,
} from '../options.js';

export function generateCommand(context: CliContext): Command {
  return new Command('generate')
    .description('make images from text; several prompts or seeds make a contact sheet')
    .argument(
      '[model or run]',
      'folder of a pipeline, or id of a search or an optimization (default: the newest with a model)',
    )
    .addOption(
      new Option('--prompt <text>', 'what to show; repeatable')
        .makeOptionMandatory()
        .argParser((prompt: string, earlier: readonly string[] | undefined) => [...(earlier ?? []), prompt]),
    )
    .addOption(new Option('--out <file>', 'PNG to write').default('image.png'))
    .addOption(
      new Option('--seed <number>', 'of the first image’s noise').default(0).argParser(wholeNumberFrom(0)),
    )
    .addOption(new Option('--count <number>', 'images a prompt').default(1).argParser(wholeNumberFrom(1)))
    .addOption(batchOption(16))
    .addOption(stepsOption())
    .addOption(samplerOption())
    .addOption(variantOption())
    .addOption(new Option('--guidance <scale>', 'strength of the prompt').default(3).argParser(numberFrom(0)))
    .addOption(new Option('--device <name>', 'cpu, webgpu, cuda:0...').default('cpu'))
    .addOption(resultsOption())
    .addOption(jsonOption())
    .action(async (modelOrRun: string | undefined, options: GenerateOptions) => {
      const { generateImages } = await import('../actions/generate-images.js');
      await generateImages(modelOrRun, options, context);
    });
}
