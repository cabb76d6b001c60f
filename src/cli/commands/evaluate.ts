import { Command, Option } from 'commander';
import type { EvaluateOptions } from '../actions/evaluate-model.js';
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

export function evaluateCommand(context: CliContext): Command {
  return new Command('evaluate')
    .description('measure a model: CLIP score, retrieval figures, VAE error')
    .argument(
      '[model or run]',
      'folder of a pipeline, or id of a search or an optimization (default: the newest with a model)',
    )
    .addOption(
      new Option(
        '--scorer <folder>',
        'CLIP model that scores; repeatable, for several side by side (default: models/emoji-clip)',
      ).argParser((folder: string, earlier: readonly string[] | undefined) => [...(earlier ?? []), folder]),
    )
    .addOption(
      new Option(
        '--prompts <path>',
        'captions to make images of: a text file, a COCO caption file or an imagefolder (default: the emoji set’s)',
      ),
    )
    .addOption(
      new Option('--split <part>', 'which of the emoji set’s captions')
        .choices(['held-out', 'train'])
        .default('held-out'),
    )
    .addOption(new Option('--pictures <folder>', 'real pictures to compare with (default: the emoji set)'))
    .addOption(
      new Option('--annotations <file>', 'COCO caption file on them (default: their metadata.jsonl)'),
    )
    .addOption(new Option('--count <number>', 'images to make').default(100).argParser(wholeNumberFrom(2)))
    .addOption(batchOption(20))
    .addOption(stepsOption())
    .addOption(samplerOption())
    .addOption(variantOption())
    .addOption(new Option('--guidance <scale>', 'strength of the prompt').default(3).argParser(numberFrom(0)))
    .addOption(new Option('--seed <number>', 'of the noise').default(0).argParser(wholeNumberFrom(0)))
    .addOption(new Option('--device <name>', 'cpu, webgpu, cuda:0...').default('cpu'))
    .addOption(resultsOption())
    .addOption(jsonOption())
    .action(async (modelOrRun: string | undefined, options: EvaluateOptions) => {
      const { evaluateModel } = await import('../actions/evaluate-model.js');
      await evaluateModel(modelOrRun, options, context);
    });
}
