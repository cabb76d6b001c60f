import { setImmediate } from 'node:timers/promises';
import { SnapEvoError } from '../errors/snapevo-error.js';
import type { Weights } from './parameters.js';

/**
 * Refuses weights that no training and no picture can come of.
 * @param folder that they are of
 * @throws SnapEvoError `WEIGHTS_NOT_FINITE` naming the first tensor that holds NaN or an infinity; what reading them throws
 */
export async function requireFinite(weights: Weights, folder: string): Promise<void> {
  for (const [name, data] of weights) {
    const found = firstNotFinite(data);
    if (found !== undefined) throw notFinite(found, `${folder}, tensor ${JSON.stringify(name)}`);
    // A signal gets through between two tensors.
    await setImmediate();
  }
}

/** A plain loop: models have a billion of them. */
function firstNotFinite(data: Float32Array): number | undefined {
  for (const element of data) if (!Number.isFinite(element)) return element;
  return undefined;
}

function notFinite(found: number, where: string): SnapEvoError {
  return new SnapEvoError({
    code: 'WEIGHTS_NOT_FINITE',
    message: `expected weights of finite numbers, found ${found}`,
    where,
    hint: 'The weights are damaged, or the training that they come of diverged: use others.',
  });
}
