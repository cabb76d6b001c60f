import { hashArchitecture } from '../../architecture/canonical-form.js';
import { writeDiffusersFolder } from '../../export/diffusers-folder.js';
import type { ExportedModel } from '../../export/exported-model.js';
import { replaceFolder } from '../../export/replace-folder.js';

/**
 * Writes a pipeline for later stages to read, in place of what an interrupted try may have left; whole or not at all.
 * @throws as `replaceFolder` and `writeDiffusersFolder` do
 */
export async function replacePipeline(
  folder: string,
  model: ExportedModel,
  snapevoVersion: string,
): Promise<void> {
  await replaceFolder(folder, { force: true }, (unfinished) => {
    writeDiffusersFolder(unfinished, model, { dtype: 'fp32' });
    const architecture = hashArchitecture(model.architecture);
    return Promise.resolve({
      mark: { format: 'diffusers', dtype: 'fp32', architecture, snapevoVersion } as const,
    });
  });
}
