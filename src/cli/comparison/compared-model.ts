import type { SamplerKind } from '../../diffusion/sampler-kind.js';
import { latentExtents, pictureSide } from '../../evaluation/latent-extents.js';
import { unetArchitecture } from '../../model/unet-architecture.js';
import type { ModelTarget } from '../compose/model-target.js';

/** A finished model, and with how many denoising steps it makes its pictures. */
export interface ComparedModel extends Pick<ModelTarget, 'name' | 'models' | 'unet' | 'loadTrained'> {
  readonly steps: number;
  /** Instead of its scheduler's own. */
  readonly sampler?: SamplerKind | undefined;
}

/** What a model goes by in a comparison: `student, 8 steps`. */
export function modelLabel({ name, steps }: Pick<ComparedModel, 'name' | 'steps'>): string {
  return `${name}, ${steps} steps`;
}

/**
 * Checks that models can be held against the first one: pictures of one size from latents of one size, and a UNet that is a change to its own,
 * since that is what its steps are timed beside.
 * @returns the first
 * @throws TypeError
 */
export function requireComparable(models: readonly ComparedModel[]): ComparedModel {
  const [first] = models;
  if (first === undefined) throw new TypeError('expected models to compare, found none');
  const labels = models.map(modelLabel);
  if (new Set(labels).size < labels.length) {
    throw new TypeError(`expected models of different names or steps, found ${labels.join('; ')}`);
  }
  const expected = workingSize(first);
  for (const model of models) {
    const found = workingSize(model);
    if (found === expected) continue;
    throw new TypeError(
      `expected a model like ${labels[0] ?? ''}, ${expected}; ${modelLabel(model)} is ${found}`,
    );
  }
  return first;
}

function workingSize({ models, unet }: ComparedModel): string {
  const { channels, height, width } = latentExtents(models);
  const bases = new Set([unet.architecture.base, unetArchitecture(models.unet.config).base]);
  return `${pictureSide(models)} pixels of ${channels} x ${height} x ${width} latents on ${[...bases].join(' and ')}`;
}
