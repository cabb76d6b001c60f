import { GraphError } from './graph-error.js';
import type { Graph } from './graph.js';

/**
 * The folder of a graph's external data, for the session that runs it; nothing where all of its data are in memory.
 * @throws GraphError when they lie in several
 */
export function externalFolder({ name, initializers }: Graph): { readonly folder?: string } {
  const folders = new Set(
    initializers.flatMap(({ data }) =>
      'location' in data && data.folder !== undefined ? [data.folder] : [],
    ),
  );
  if (folders.size > 1) throw new GraphError(`external data in ${[...folders].join(' and ')}`, name);
  const [folder] = folders;
  return folder === undefined ? {} : { folder };
}
