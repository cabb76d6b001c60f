import type { Architecture } from '../architecture/architecture.js';
import type { TensorData } from '../graph/data-type.js';
import type { ExternalData } from '../graph/graph.js';
import { findWeight, type Weights } from '../model/parameters.js';

const ofCopy = /^([^+]+\+\d+)\.(.+)$/;

/** Looks up parameters of an architecture: where weights hold none for a copied block, it runs on those of its source. */
export function blockWeights(
  weights: Weights,
  { blocks }: Architecture,
): (name: string) => TensorData | ExternalData | undefined {
  const sourceOf = new Map(blocks.map(({ id, source }) => [id, source]));
  const find = (name: string): TensorData | ExternalData | undefined => {
    const own = findWeight(weights, name);
    if (own !== undefined) return own;
    const [, block = '', parameter = ''] = ofCopy.exec(name) ?? [];
    const source = sourceOf.get(block);
    return source === undefined ? undefined : find(`${source}.${parameter}`);
  };
  return find;
}
