import { gradients, type GradientOptions } from '../../src/autodiff/gradients.js';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import { elementCount, type Shape, type Value } from '../../src/graph/value.js';
import {
  boolTensor,
  float32Tensor,
  int64Tensor,
  type Tensor,
  type Tensors,
} from '../../src/runtime/tensor.js';
import { elements, withSession, type RunGraph } from './run-graph.js';

/**
 * Values of an operand: `real` around zero, `positive`, `apart` (multiples of 0.3, all different, none near zero), `between` (different from
 * all `apart` ones too), `index` below a bound, or `truth`. Only the first four are differentiated by.
 */
export type Draw = 'real' | 'positive' | 'apart' | 'between' | 'truth' | { readonly below: number };

export interface Operand {
  readonly shape: Shape;
  readonly draw: Draw;
}

/** A function of some operands, in a graph. */
export interface DifferentiableCase {
  readonly operands: readonly Operand[];
  readonly build: (g: GraphBuilder, operands: readonly Value[]) => readonly Value[];
  readonly options?: GradientOptions;
}

/** mulberry32: numbers in [0, 1). */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const isReal = ({ draw }: Operand): boolean => draw !== 'truth' && typeof draw === 'string';

function drawTensor({ shape, draw }: Operand, next: () => number): Tensor {
  const length = elementCount(shape);
  if (draw === 'truth')
    return boolTensor(
      shape,
      Array.from({ length }, () => next() < 0.5),
    );
  if (typeof draw !== 'string') {
    return int64Tensor(
      shape,
      Array.from({ length }, () => Math.floor(next() * draw.below)),
    );
  }
  const places = Array.from({ length }, (_, i) => i + 1 - Math.ceil(length / 2)).sort(() => next() - 0.5);
  const draws = {
    real: () => next() * 3 - 1.5,
    positive: () => 0.6 + next() * 1.4,
    apart: (i: number) => 0.3 * (places[i] ?? 0) + 0.1,
    between: (i: number) => 0.3 * (places[i] ?? 0) + 0.25,
  };
  return float32Tensor(
    shape,
    Float32Array.from({ length }, (_, i) => draws[draw](i)),
  );
}

const step = 0.02;
const tolerance = 0.005;

/**
 * Largest error of the gradients of a random weighting of a case's outputs, along random directions and relative to the size of
 * the gradient, against fourth-order central differences of what the graph computes. Below {@link tolerance} where all is well.
 */
export async function gradientError(subject: DifferentiableCase, seed: number): Promise<number> {
  const g = new GraphBuilder();
  const next = numbersFrom(seed);
  const inputs = subject.operands.map(({ shape, draw }, i) => {
    const dtype = draw === 'truth' ? 'bool' : typeof draw === 'string' ? 'float32' : 'int64';
    return g.input(`x${i}`, { dtype, shape });
  });
  const outputs = subject.build(g, inputs);
  const weights = outputs.map(({ dtype, shape }, i) => g.input(`weight${i}`, { dtype, shape }));
  const seeds = new Map(outputs.map((output, i) => [output, weights[i] as Value]));
  const found = gradients(g, seeds, inputs, subject.options);
  const feeds = Object.fromEntries([
    ...inputs.map(({ name }, i) => [name, drawTensor(subject.operands[i] as Operand, next)] as const),
    ...weights.map(({ name, shape }) => [name, drawTensor({ shape, draw: 'real' }, next)] as const),
  ]);
  return withSession(g.build('case', [...outputs, ...found.values()]), async (run) => {
    const exact = await run(feeds);
    const loss = lossOf(run, outputs, weights);
    let worst = 0;
    for (const [i, input] of inputs.entries()) {
      if (!isReal(subject.operands[i] as Operand)) continue;
      const name = found.get(input)?.name;
      const gradient =
        name === undefined ? new Array<number>(elementCount(input.shape)).fill(0) : elements(exact, name);
      worst = Math.max(worst, await directionalError(loss, feeds, input.name, gradient, next));
    }
    return worst / tolerance;
  });
}

type Loss = (feeds: Tensors) => Promise<number>;

/** The weighted sum, in double precision, of the outputs that the graph computes. */
function lossOf(run: RunGraph, outputs: readonly Value[], weights: readonly Value[]): Loss {
  return async (feeds) => {
    const found = await run(feeds, [...new Set(outputs.map(({ name }) => name))]);
    return outputs.reduce((total, { name }, i) => {
      const weight = elements(feeds, (weights[i] as Value).name);
      return total + elements(found, name).reduce((sum, y, at) => sum + y * (weight[at] ?? 0), 0);
    }, 0);
  };
}

async function directionalError(
  loss: Loss,
  feeds: Tensors,
  name: string,
  gradient: readonly number[],
  next: () => number,
): Promise<number> {
  const signs = gradient.map(() => (next() < 0.5 ? -1 : 1));
  const at = async (offset: number): Promise<number> => {
    const { shape } = feeds[name] as Tensor;
    const moved = elements(feeds, name).map((x, i) => x + offset * (signs[i] ?? 0));
    return loss({ ...feeds, [name]: float32Tensor(shape, Float32Array.from(moved)) });
  };
  const near = (await at(step)) - (await at(-step));
  const far = (await at(2 * step)) - (await at(-2 * step));
  const slope = (8 * near - far) / (12 * step);
  const expected = gradient.reduce((sum, d, i) => sum + d * (signs[i] ?? 0), 0);
  return Math.abs(slope - expected) / (Math.hypot(...gradient) + 0.1);
}
