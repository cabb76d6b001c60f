import type { Architecture } from '../architecture/architecture.js';
import type { Weights } from '../model/parameters.js';

const ofCopy = /^([^+]+\+\d+)\.(.+)$/;

/** Looks up parameters of an architecture: where weights hold none for a copied block, it runs on those of its source. */
export function blockWeights(
  weights: Weights,
  { blocks }: Architecture,
): (name: string) => Float32Array | undefined {
  const sourceOf = new Map(blocks.map(({ id, source }) => [id, source]));
  const find = (name: string): Float32Array | undefined => {
    const own = weights.get(name);
    if (own !== undefined) return own;
    const [, block = '', parameter = ''] = ofCopy.exec(name) ?? [];
    const source = sourceOf.get(block);
    return source === undefined ? undefined : find(`${source}.${parameter}`);
  };
  return find;
}
