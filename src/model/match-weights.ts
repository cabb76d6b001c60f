import { SnapEvoError } from '../errors/snapevo-error.js';
import type { Shape } from '../graph/value.js';
import type { ParameterSpec } from './parameters.js';

/** A tensor that is there, wherever that is. */
export interface StoredTensor {
  /** Under which name it is stored. */
  readonly storedAs: string;
  readonly shape: Shape;
}

/** More than these say no more: another model is here. */
const maxNamesShown = 64;

/**
 * Finds a tensor for every parameter.
 * @param stored tensors by the parameter's name
 * @returns the name that each parameter is stored under
 * @throws SnapEvoError `WEIGHTS_MISMATCH` telling all that are missing, too many, or of another shape
 */
export function matchWeights(
  specs: readonly ParameterSpec[],
  stored: ReadonlyMap<string, StoredTensor>,
  where: string,
): Map<string, string> {
  const wanted = new Set(specs.map(({ name }) => name));
  const missing = specs.filter(({ name }) => !stored.has(name)).map(({ name }) => name);
  const extra = [...stored.keys()].filter((name) => !wanted.has(name));
  const misshapen = specs.flatMap(({ name, shape }) => describeMismatch(name, shape, stored.get(name)));
  const problems = [
    ...describe('missing', missing),
    ...describe('not of this model', extra),
    ...describe('of another shape', misshapen),
  ];
  if (problems.length > 0) throw mismatch(problems, where);
  return new Map(specs.map(({ name }) => [name, stored.get(name)?.storedAs ?? name]));
}

function describeMismatch(name: string, expected: Shape, found: StoredTensor | undefined): string[] {
  if (found === undefined || found.shape.join() === expected.join()) return [];
  return [`${name}: expected [${expected.join(', ')}], found [${found.shape.join(', ')}]`];
}

function describe(problem: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const rest = names.length - maxNamesShown;
  const shown = names.slice(0, maxNamesShown).join('; ');
  return [`${names.length} ${problem}: ${rest > 0 ? `${shown}; and ${rest} more` : shown}`];
}

function mismatch(problems: readonly string[], where: string): SnapEvoError {
  return new SnapEvoError({
    code: 'WEIGHTS_MISMATCH',
    message: `the weights don't belong to the configuration: ${problems.join('. ')}`,
    where,
    hint: 'config.json and the weights beside it have to come from one save_pretrained',
  });
}
