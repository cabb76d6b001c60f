import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { goldenFolder } from '../model/golden-folder.js';

/** Puts models that need no training where the tiny project's search looks for its own. */
export function putTinyModels(project: string): void {
  const [pipeline, scorer] = [join(project, 'pipeline'), join(project, 'scorer')];
  cpSync(goldenFolder('pipeline'), pipeline, { recursive: true });
  cpSync(goldenFolder('clip'), scorer, { recursive: true });
  cpSync(join(pipeline, 'tokenizer'), scorer, { recursive: true });
  writeFileSync(join(scorer, 'preprocessor_config.json'), JSON.stringify({ size: 14, crop_size: 14 }));
}
