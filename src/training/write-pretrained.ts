import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeModel } from '../model/model-folder.js';
import type { ModelKind } from '../model/model-kind.js';
import type { Weights } from '../model/parameters.js';
import type { ComponentConfig } from './pretrain-plan.js';

/** Parses a component's configuration as if it were its `config.json`. Throws as the model's parser does. */
export const parseComponent = <Config>(kind: ModelKind<Config>, config: ComponentConfig): Config =>
  kind.parse(configText(kind, config), kind.className);

/** Writes a trained component as fp16, with its `config.json`. */
export function writeComponent<Config>(
  kind: ModelKind<Config>,
  folder: string,
  config: ComponentConfig,
  weights: Weights,
): void {
  const model = { config: parseComponent(kind, config), configText: configText(kind, config), weights };
  writeModel(kind, folder, model, { dtype: 'F16' });
}

/** Writes a value as JSON that people read too; makes the folder. */
export function writeJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}

function configText<Config>(kind: ModelKind<Config>, config: ComponentConfig): string {
  return `${JSON.stringify({ _class_name: kind.className, ...config }, null, 2)}\n`;
}
