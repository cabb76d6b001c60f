import { join } from 'node:path';
import { loadConfig } from '../../src/config/load-config.js';
import { searchConfigSchema, type SearchConfig } from '../../src/config/search-config.js';
import { repositoryPath } from '../part.js';

/** `configs/emoji.yaml` for one round and no more, in a folder; `settings` as of `--set`. */
export function roundConfig(folder: string, threads: number, settings: readonly string[] = []): SearchConfig {
  const own = [
    'search.maxRounds=1',
    'search.finetuneSteps=0',
    `device.threads=${threads}`,
    `results=${join(folder, 'results')}`,
  ];
  return loadConfig(searchConfigSchema, repositoryPath('configs/emoji.yaml'), {
    settings: [...own, ...settings],
    currentFolder: repositoryPath('.'),
  });
}
