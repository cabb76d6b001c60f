import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scoringCaptions } from '../../src/cli/compose/scoring-captions.js';
import { gaussianNoise } from '../../src/diffusion/gaussian.js';
import { writeSafetensors } from '../../src/onnx/safetensors-writer.js';
import { repositoryPath } from '../part.js';

/** What pictures are made of, on all sides: the shipped pipeline, captions, and the noise of each. */
export interface PictureSettings {
  readonly captions: number;
  readonly steps: number;
  readonly guidanceScale: number;
  /** Made at a time. */
  readonly batch: number;
}

export const models = {
  pipeline: repositoryPath('models/emoji'),
  clip: repositoryPath('models/emoji-clip'),
} as const;

/** Of the shipped pipeline: values of a picture's latents. */
const latentShape = [4, 16, 16];

/** Caption i's picture starts from the noise of (seed, i). */
export const seed = 0;

export const captionsOf = (count: number): readonly string[] =>
  scoringCaptions({ captions: null, split: 'train' }, count);

/** Writes what the peer can't calculate: which captions, and SnapEvo's own noise. */
export function writePictureWorkload(folder: string, settings: PictureSettings): void {
  const { captions: count } = settings;
  const captions = captionsOf(count);
  writeFileSync(join(folder, 'settings.json'), JSON.stringify({ ...settings, ...models, captions }));
  const size = latentShape.reduce((product, extent) => product * extent, 1);
  const data = new Float32Array(count * size);
  for (let index = 0; index < count; index += 1)
    data.set(gaussianNoise({ seed, index, stream: 0 }, size), index * size);
  const noise = new Map([['noise', { shape: [count, ...latentShape], data }]]);
  writeSafetensors(join(folder, 'noise.safetensors'), noise);
}
