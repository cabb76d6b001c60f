import { elementCount } from '../graph/value.js';
import type { ParameterSpec } from './parameters.js';

/** Elements of all parameters together. */
export function parameterCount(specs: readonly Pick<ParameterSpec, 'shape'>[]): number {
  return specs.reduce((total, { shape }) => total + elementCount(shape), 0);
}
