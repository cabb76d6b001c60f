import { Command, Option } from 'commander';
import type { PullOptions } from '../actions/pull-model.js';
import type { CliContext } from '../cli-context.js';
import { jsonOption } from '../options.js';

export function pullCommand(context: CliContext): Command {
  return new Command('pull')
    .description('load a pipeline or a CLIP model from the Hugging Face hub into a folder')
    .argument('<owner/name>', 'as in https://huggingface.co/owner/name')
    .addOption(new Option('--revision <name>', 'branch, tag or commit').default('main'))
    .addOption(new Option('--variant <name>', 'of the weights, e.g. fp16 (default: the plain files)'))
    .addOption(new Option('--out <folder>', 'where to put it (default: models/<name>)'))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nHF_TOKEN in the environment opens repositories that are not public; HF_ENDPOINT names another hub.',
    )
    .action(async (repository: string, options: PullOptions) => {
      const { pullModel } = await import('../actions/pull-model.js');
      await pullModel(repository, options, context);
    });
}
