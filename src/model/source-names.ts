import type { Architecture } from '../architecture/architecture.js';

const ofCopy = /^([^+]+\+\d+)\.(.+)$/;

/** For a parameter of a copied block, the name of the one in its source that it starts from; undefined for any other. */
export function sourceNames({ blocks }: Architecture): (name: string) => string | undefined {
  const sourceOf = new Map(blocks.map(({ id, source }) => [id, source]));
  return (name) => {
    const [, copy = '', parameter = ''] = ofCopy.exec(name) ?? [];
    const source = sourceOf.get(copy);
    return source === undefined ? undefined : `${source}.${parameter}`;
  };
}
