import { hashArchitecture } from '../../architecture/canonical-form.js';
import { writeDiffusersFolder } from '../../export/diffusers-folder.js';
import type { ExportedModel } from '../../export/exported-model.js';
import { replaceFolder } from '../../export/replace-folder.js';
import { stageFolder, type Optimization } from './optimization.js';
import { recordFolder } from './record-folder.js';
import type { StageFolder } from './stage-folders.js';

/**
 * Writes a pipeline for later stages to read, in place of what an interrupted try may have left, whole or not at all; and what its files are like, to the store.
 * @throws as `replaceFolder`, `writeDiffusersFolder` and `recordFolder` do
 */
export async function replacePipeline(
  optimization: Optimization,
  name: StageFolder,
  model: ExportedModel,
): Promise<void> {
  const { version: snapevoVersion } = optimization.context;
  await replaceFolder(stageFolder(optimization, name), { force: true }, (unfinished) => {
    writeDiffusersFolder(unfinished, model, { dtype: 'fp32' });
    const architecture = hashArchitecture(model.architecture);
    return Promise.resolve({
      mark: { format: 'diffusers', dtype: 'fp32', architecture, snapevoVersion } as const,
    });
  });
  await recordFolder(optimization, name);
}
