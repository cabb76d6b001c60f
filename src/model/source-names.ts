import type { Architecture } from '../architecture/architecture.js';
import type { Weights } from './parameters.js';

const ofCopy = /^([^+]+\+\d+)\.(.+)$/;

/** For a parameter of a copied block, the name of the one in its source that it starts from; undefined for any other. */
function sourceNames({ blocks }: Architecture): (name: string) => string | undefined {
  const sourceOf = new Map(blocks.map(({ id, source }) => [id, source]));
  return (name) => {
    const [, copy = '', parameter = ''] = ofCopy.exec(name) ?? [];
    const source = sourceOf.get(copy);
    return source === undefined ? undefined : `${source}.${parameter}`;
  };
}

/**
 * For a parameter of an architecture, the name that weights have it under: its own, or where they hold none for a copied block, that in the block's
 * source; undefined where there is nothing.
 */
export function namesInWeights(
  weights: Pick<Weights, 'has'>,
  architecture: Architecture,
): (name: string) => string | undefined {
  const inSource = sourceNames(architecture);
  const find = (name: string): string | undefined => {
    if (weights.has(name)) return name;
    const source = inSource(name);
    return source === undefined ? undefined : find(source);
  };
  return find;
}
