import { Command, Option } from 'commander';
import type { ExportOptions } from '../actions/export-model.js';
import type { CliContext } from '../cli-context.js';
import { requireCompanions, type Companion } from '../option-companions.js';
import { jsonOption, resultsOption, variantOption, wholeNumberFrom } from '../options.js';

export function exportCommand(context: CliContext): Command {
  const command = new Command('export')
    .description(
      'write a model, or what a search or an optimization made of one, as a folder for other tools',
    )
    .argument(
      '[model or run]',
      'folder of a pipeline, or id of a search or an optimization (default: the newest with a model)',
    )
    .addOption(new Option('--out <folder>', 'folder to write').makeOptionMandatory())
    .addOption(
      new Option('--architecture <which>', 'best, or the beginning of an architecture’s hash').default(
        'best',
      ),
    )
    .addOption(
      new Option('--format <name>', 'diffusers: safetensors; onnx: for ONNX Runtime’s diffusion pipelines')
        .choices(['diffusers', 'onnx'])
        .default('diffusers'),
    )
    .addOption(
      new Option('--dtype <name>', 'what weights are stored as; int8 for onnx alone')
        .choices(['fp32', 'fp16', 'int8'])
        .default('fp32'),
    )
    .addOption(
      new Option(
        '--compare-pictures <number>',
        'with int8: made with it and in fp32, to tell how far they are apart; 0 for none',
      )
        .default(4)
        .argParser(wholeNumberFrom(0)),
    )
    .addOption(variantOption())
    .addOption(new Option('--force', 'replace an earlier export').default(false))
    .addOption(resultsOption())
    .addOption(jsonOption());
  return command.action(async (modelOrRun: string | undefined, options: ExportOptions) => {
    requireCompanions(command, companions);
    const { exportModel } = await import('../actions/export-model.js');
    await exportModel(modelOrRun, options, context);
  });
}

const companions: readonly Companion[] = [{ options: ['comparePictures'], with: 'dtype', value: 'int8' }];
