import { SnapEvoError } from '../errors/snapevo-error.js';
import type { TensorData } from '../graph/data-type.js';
import type { ExternalData } from '../graph/graph.js';
import { GraphBuilder } from '../graph/graph-builder.js';
import { elementCount, type Shape, type Value } from '../graph/value.js';
import type { Initialization } from './initialization.js';
import { StoredWeights } from './stored-weights.js';

/** A parameter of a model: its state-dict name, its shape, and how it starts when it is trained from nothing. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly initialization: Initialization;
}

/** Gives the value that stands for a parameter in a graph; called once for a name. */
export type ParameterSource = (g: GraphBuilder, spec: ParameterSpec) => Value;

/** Float32 elements by state-dict name, row-major. */
export type Weights = ReadonlyMap<string, Float32Array>;

/** Where a model's parameters come from, seen from one of its modules: names are relative to the module. */
export class Parameters {
  readonly #source: ParameterSource;
  readonly #prefix: string;
  readonly #known: Map<string, Value>;

  constructor(source: ParameterSource, prefix = '', known = new Map<string, Value>()) {
    this.#source = source;
    this.#prefix = prefix;
    this.#known = known;
  }

  /** A module inside this one, by its path. */
  within(module: string): Parameters {
    return new Parameters(this.#source, `${this.#prefix}${module}.`, this.#known);
  }

  /**
   * The value of a parameter. A name asked for again gives the same value, so `g` has to be the outermost builder:
   * what it makes may then be used in every nested graph.
   */
  get(g: GraphBuilder, name: string, shape: Shape, initialization: Initialization): Value {
    const fullName = `${this.#prefix}${name}`;
    const known = this.#known.get(fullName);
    if (known !== undefined) return known;
    const made = this.#source(g, { name: fullName, shape, initialization });
    this.#known.set(fullName, made);
    return made;
  }
}

/**
 * Parameters that are constants of the graph.
 * @param find elements of a parameter in memory, or where they lie in a file beside the model; undefined where there are none
 * @throws SnapEvoError `WEIGHTS_MISMATCH` while building, when a tensor is missing or has another size
 */
export function initializerParameters(
  find: (name: string) => TensorData | ExternalData | undefined,
): Parameters {
  return new Parameters((g, { name, shape }) => {
    const data = find(name);
    const fits = data !== undefined && (!('byteLength' in data) || data.length === elementCount(shape));
    if (fits) return g.initializer(name, { dtype: 'float32', shape }, data);
    const found = data === undefined ? 'none' : 'a tensor of another size';
    throw new SnapEvoError({
      code: 'WEIGHTS_MISMATCH',
      message: `expected a tensor of shape [${shape.join(', ')}], found ${found}`,
      where: name,
      hint: 'check the weights against the configuration with checkWeights before building',
    });
  });
}

/** Parameters that are constants of the graph. Throws as {@link initializerParameters} does. */
export function weightParameters(weights: Weights): Parameters {
  return initializerParameters((name) => findWeight(weights, name));
}

/** Where a weight lies, if it is in a file that a graph can refer to, or else its elements; undefined where there is none. */
export function findWeight(weights: Weights, name: string): TensorData | ExternalData | undefined {
  const located = weights instanceof StoredWeights ? weights.locate(name) : undefined;
  return located ?? weights.get(name);
}

/** What parameters a graph asks for, in the order it does; the graph itself is thrown away. */
export function recordParameters(
  build: (g: GraphBuilder, parameters: Parameters) => unknown,
): ParameterSpec[] {
  const specs: ParameterSpec[] = [];
  const recording = new Parameters((g, spec) => {
    specs.push(spec);
    return g.input(spec.name, { dtype: 'float32', shape: spec.shape });
  });
  build(new GraphBuilder(), recording);
  return specs;
}
