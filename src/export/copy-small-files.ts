import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { copyPublicJson } from './public-json.js';

const configurations = ['tokenizer_config.json', 'special_tokens_map.json', 'scheduler_config.json'];
const tables = ['vocab.json', 'merges.txt', 'tokenizer.json', 'added_tokens.json'];

/** Copies what a tokenizer or scheduler is made of, and nothing else that lies in its folder. */
export function copySmallFiles(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of configurations.filter((each) => existsSync(join(from, each)))) {
    copyPublicJson(join(from, name), join(to, name));
  }
  for (const name of tables.filter((each) => existsSync(join(from, each)))) {
    copyFileSync(join(from, name), join(to, name));
  }
}
