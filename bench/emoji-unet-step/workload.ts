import { join } from 'node:path';
import { gaussianNoise } from '../../src/diffusion/gaussian.js';
import { elementCount } from '../../src/graph/value.js';
import { writeSafetensors } from '../../src/onnx/safetensors-writer.js';
import { repositoryPath } from '../part.js';

/** One picture under guidance, the unit that a search's budget is in. */
export const extents = { rows: 2, height: 16, width: 16, tokens: 16 } as const;
export const timestep = 500;
export const unetFolder = repositoryPath('models/emoji/unet');

const shapes = {
  sample: [extents.rows, 4, extents.height, extents.width],
  context: [extents.rows, extents.tokens, 128],
};

/** The same numbers every time. */
export const inputs = (): Readonly<Record<keyof typeof shapes, Float32Array>> => ({
  sample: gaussianNoise({ seed: 0, index: 0, stream: 0 }, elementCount(shapes.sample)),
  context: gaussianNoise({ seed: 0, index: 0, stream: 1 }, elementCount(shapes.context)),
});

/** As `torch_unet_step.py` reads them. */
export function writeInputs(folder: string): void {
  const { sample, context } = inputs();
  const tensors = {
    sample: { shape: shapes.sample, data: sample },
    context: { shape: shapes.context, data: context },
    timestep: { shape: [extents.rows], data: new Float32Array(extents.rows).fill(timestep) },
  };
  writeSafetensors(join(folder, 'inputs.safetensors'), new Map(Object.entries(tensors)));
}
