/** Writes model folders with SnapEvo for check_written.py: `npx tsx test/golden/model/write-models.ts FOLDER`. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { initializeParameters } from '../../../src/model/initialize-parameters.js';
import { loadModel, writeModel } from '../../../src/model/model-folder.js';
import { clipKind, clipTextKind, unetKind, vaeKind, type ModelKind } from '../../../src/model/model-kind.js';
import { loadPipeline, writePipeline } from '../../../src/model/pipeline-folder.js';
import { goldenFolder } from '../../model/golden-folder.js';

const [, , folder] = process.argv;
if (folder === undefined) throw new Error('name the folder to write into');

/** The golden model itself in float32, and one with weights of our own in float16. */
function write<Config>(name: string, kind: ModelKind<Config>, into: string): void {
  const loaded = loadModel(kind, goldenFolder(name));
  writeModel(kind, join(into, name), loaded);
  cpSync(join(goldenFolder(name), 'golden.safetensors'), join(into, name, 'golden.safetensors'));
  const weights = initializeParameters(kind.parameters(loaded.config), 1);
  writeModel(kind, join(into, `${name}-fresh`), { ...loaded, weights }, { dtype: 'F16' });
}

for (const name of ['three-levels', 'four-levels', 'linear-projection', 'resnet-middle', 'no-middle']) {
  write(`unet-${name}`, unetKind, folder);
}
write('vae-three-levels', vaeKind, folder);
write('vae-plain', vaeKind, folder);
write('clip-text', clipTextKind, folder);
write('clip', clipKind, folder);
writePipeline(join(folder, 'pipeline'), loadPipeline(goldenFolder('pipeline')), { dtype: 'F16' });
