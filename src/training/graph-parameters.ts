import type { Value } from '../graph/value.js';
import { Parameters } from '../model/parameters.js';

/** Parameters whose values a training hands out by name. */
export const graphParameters = (parameter: (name: string) => Value): Parameters =>
  new Parameters((_, { name }) => parameter(name));
