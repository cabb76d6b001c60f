import { InvalidArgumentError, Option } from 'commander';
import { samplerKinds } from '../diffusion/sampler-kind.js';

/** Options that several commands share: their flags, meanings and defaults stand here once. */

export const DEFAULT_RESULTS = 'results';

export function jsonOption(): Option {
  return new Option('--json', 'print results as JSON, for programs').default(false);
}

export function resultsOption(): Option {
  return new Option('--results <folder>', 'where the runs are stored')
    .default(DEFAULT_RESULTS)
    .argParser((folder: string) => {
      if (folder !== '') return folder;
      throw new InvalidArgumentError('Expected a folder.');
    });
}

export function settingOption(): Option {
  return new Option(
    '--set <key=value>',
    'override a key of the configuration, e.g. search.maxRounds=4; repeatable',
  )
    .default([], 'none')
    .argParser((setting: string, earlier: readonly string[]) => [...earlier, setting]);
}

export function dryRunOption(): Option {
  return new Option('--dry-run', 'print the resolved configuration as YAML and stop').default(false);
}

export function stepsOption(): Option {
  return new Option(
    '--steps <number>',
    'denoising steps (default: as many as the model was distilled to, else 20)',
  ).argParser(wholeNumberFrom(1));
}

export function samplerOption(): Option {
  return new Option(
    '--sampler <name>',
    'how noise becomes an image (default: as the model’s scheduler says)',
  ).choices(samplerKinds);
}

export function variantOption(): Option {
  return new Option('--variant <name>', 'of the weights, as in model.fp16.safetensors: fp16, non_ema...');
}

export function batchOption(images: number): Option {
  return new Option('--batch <number>', 'images made at a time: fewer take less memory')
    .default(images)
    .argParser(wholeNumberFrom(1));
}

export function remeasureOption(): Option {
  return new Option('--remeasure', 'measure every latency anew, whatever was measured before').default(false);
}

/** Parses an option's value as a whole number of at least `least`. */
export function wholeNumberFrom(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`);
  };
}

/** Parses an option's value as a number of at least `least`. */
export function numberFrom(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value) && value >= least) return value;
    throw new InvalidArgumentError(`Expected a number of at least ${least}.`);
  };
}
