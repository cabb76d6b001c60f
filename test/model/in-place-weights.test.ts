import { cpSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ExternalData } from '../../src/graph/graph.js';
import { inPlaceWeights } from '../../src/model/in-place-weights.js';
import { loadModel, writeModel } from '../../src/model/model-folder.js';
import { vaeKind } from '../../src/model/model-kind.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { goldenFolder } from './golden-folder.js';

const root = temporaryFolder();
const file = `${vaeKind.stem}.safetensors`;
const parameter = 'encoder.conv_in.weight';

/** A parameter's first number, read where it is said to lie. */
function firstNumber({ location, offset }: ExternalData, folder: string): number {
  return readFileSync(join(folder, location)).readFloatLE(offset);
}

test('float32 parameters are found in their own file, and others in a copy that is made once', () => {
  const [folder, cache] = [goldenFolder('vae-plain'), join(root, 'cache-once')];
  const { config, configText, weights } = loadModel(vaeKind, folder);
  const own = join(root, 'float32');
  writeModel(vaeKind, own, { config, configText, weights });
  expect(inPlaceWeights(vaeKind, own, config, cache).folder).toBe(own);
  const copied = inPlaceWeights(vaeKind, folder, config, cache);
  expect(inPlaceWeights(vaeKind, folder, config, cache).folder).toBe(copied.folder);
  expect(readdirSync(cache)).toHaveLength(1);
  const found = firstNumber(copied.weights.get(parameter) as ExternalData, copied.folder);
  expect(found).toBe(weights.get(parameter)?.[0]);
});

test('a copy is made anew when the file it was made of is overwritten in place', () => {
  const [folder, cache] = [join(root, 'overwritten'), join(root, 'cache')];
  cpSync(goldenFolder('vae-plain'), folder, { recursive: true });
  const { config, configText, weights } = loadModel(vaeKind, folder);
  inPlaceWeights(vaeKind, folder, config, cache);
  const other = new Map([...weights].map(([name, data]) => [name, data.map((value) => value + 1)]));
  const beside = join(root, 'beside');
  writeModel(vaeKind, beside, { config, configText, weights: other }, { dtype: 'F16' });
  // as most programs write: into the file that is there, which leaves the folder's own time as it was
  writeFileSync(join(folder, file), readFileSync(join(beside, file)));
  utimesSync(join(folder, file), new Date(), new Date(Date.now() + 1000));
  const again = inPlaceWeights(vaeKind, folder, config, cache);
  const found = firstNumber(again.weights.get(parameter) as ExternalData, again.folder);
  expect(found).toBeCloseTo((weights.get(parameter)?.[0] ?? 0) + 1, 2);
});
