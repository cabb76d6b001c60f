import type { GraphBuilder } from './graph-builder.js';
import { GraphError } from './graph-error.js';
import { concat, div, mul } from './ops.js';
import { describeSize, isFixed, type SymbolicSize } from './symbolic-size.js';
import type { Value } from './value.js';

/** An input, and what its sizes are. */
export interface SizedInput {
  readonly value: Value;
  readonly shape: readonly SymbolicSize[];
}

/** Computes sizes while a graph runs, from those of its inputs; each once. */
export class SizeOperands {
  readonly #g: GraphBuilder;
  readonly #inputs: readonly SizedInput[];
  readonly #known = new Map<string, Value>();

  constructor(g: GraphBuilder, inputs: readonly SizedInput[]) {
    this.#g = g;
    this.#inputs = inputs;
  }

  /** int64 [sizes]. Throws GraphError for an axis that no input has as it is. */
  vector(sizes: readonly SymbolicSize[]): Value {
    return this.#once(`[${sizes.map(describeSize).join(', ')}]`, () =>
      concat(
        this.#g,
        sizes.map((size) => this.#single(size)),
        0,
      ),
    );
  }

  /** int64 [1]. */
  #single(size: SymbolicSize): Value {
    return this.#once(describeSize(size), () => {
      const { numerator, denominator, powers } = size;
      if (isFixed(size)) return this.#number(numerator / denominator);
      const up = [...powers].flatMap(([axis, power]) => this.#repeated(axis, power));
      const down = [...powers].flatMap(([axis, power]) => this.#repeated(axis, -power));
      if (numerator !== 1 || up.length === 0) up.push(this.#number(numerator));
      if (denominator !== 1) down.push(this.#number(denominator));
      const product = (factors: readonly Value[]): Value => factors.reduce((a, b) => mul(this.#g, a, b));
      return down.length === 0 ? product(up) : div(this.#g, product(up), product(down));
    });
  }

  #repeated(axis: string, power: number): Value[] {
    return Array.from({ length: Math.max(0, power) }, () => this.#axis(axis));
  }

  #axis(axis: string): Value {
    return this.#once(`axis ${axis}`, () => {
      for (const { value, shape } of this.#inputs) {
        const at = shape.findIndex((size) => describeSize(size) === axis);
        if (at >= 0) return this.#g.add('Shape', [value], { start: at, end: at + 1 });
      }
      throw new GraphError('no input tells the size of this axis', axis);
    });
  }

  #number(number: number): Value {
    return this.#once(`number ${number}`, () => this.#g.constantInt64([1], [number]));
  }

  #once(key: string, make: () => Value): Value {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = this.#g.scope('sizes', make);
    this.#known.set(key, made);
    return made;
  }
}
