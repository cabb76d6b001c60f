import fc from 'fast-check';
import type { GraphBuilder } from '../../src/graph/graph-builder.js';
import type { OpAttributes, OpType } from '../../src/graph/graph.js';
import * as op from '../../src/graph/ops.js';
import type { Shape, Value } from '../../src/graph/value.js';
import type { DifferentiableCase, Draw, Operand } from './finite-differences.js';

type Cases = fc.Arbitrary<DifferentiableCase>;

const size = fc.integer({ min: 1, max: 4 });
const shapes = (minLength = 0, maxLength = 3): fc.Arbitrary<number[]> =>
  fc.array(size, { minLength, maxLength });
const flags = fc.boolean();

/** A function of one operand of any shape. */
function unary(build: (g: GraphBuilder, x: Value) => Value, draw: Draw = 'real'): Cases {
  return shapes().map((shape) => ({
    operands: [{ shape, draw }],
    build: (g, [x]) => [build(g, x as Value)],
  }));
}

/** A shape that broadcasts to another. */
const broadcastTo = (shape: Shape): fc.Arbitrary<number[]> =>
  fc
    .tuple(fc.nat(shape.length), fc.array(flags, { minLength: shape.length, maxLength: shape.length }))
    .map(([dropped, stretched]) =>
      shape.map((extent, i) => (stretched[i] === true ? 1 : extent)).slice(dropped),
    );

/** Shapes that broadcast with one another. */
const broadcasting = (count: number): fc.Arbitrary<number[][]> =>
  shapes().chain((shape) => fc.tuple(...Array.from({ length: count }, () => broadcastTo(shape))));

/** A function of two operands that broadcast. */
function binary(build: (g: GraphBuilder, a: Value, b: Value) => Value, draws: readonly [Draw, Draw]): Cases {
  return broadcasting(2).map((found) => ({
    operands: found.map((shape, i) => ({ shape, draw: draws[i] as Draw })),
    build: (g, [a, b]) => [build(g, a as Value, b as Value)],
  }));
}

/** One node on real operands of the given shapes. */
function node<Op extends OpType>(
  name: Op,
  attributes: OpAttributes[Op],
  operands: readonly Shape[],
  draw: Draw = 'real',
): DifferentiableCase {
  return {
    operands: operands.map((shape) => ({ shape, draw })),
    build: (g, values) => [...g.addNode(name, values, attributes)],
  };
}

/** A shape and one of its axes, perhaps counted from the end. */
const shapeAndAxis = fc
  .tuple(shapes(1), fc.nat(2), flags)
  .map(([shape, axis, fromEnd]) => ({ shape, axis: (axis % shape.length) - (fromEnd ? shape.length : 0) }));

/** A shape and some of its axes. */
const reductions = fc
  .tuple(shapes(1), flags)
  .chain(([shape, keepDims]) =>
    fc
      .subarray([...shape.keys()], { minLength: 1 })
      .map((axes) => ({ shape, attributes: { axes, keepDims } })),
  );

const pads = fc.tuple(fc.nat(1), fc.nat(1), fc.nat(1), fc.nat(1));
const strides = fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 }));
const windows = fc.record({ strides, pads });
const kernels = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }));
const channels = fc.integer({ min: 1, max: 3 });
const images = fc.tuple(channels, channels, fc.integer({ min: 3, max: 5 }), fc.integer({ min: 3, max: 5 }));

const convolutions = fc
  .tuple(images, channels, kernels, windows, flags)
  .map(([image, out, kernel, attributes, bias]) => {
    const [, into] = image;
    return node('Conv', { ...attributes, group: 1 }, [
      image,
      [out, into, ...kernel],
      ...(bias ? [[out]] : []),
    ]);
  });

const transposedConvolutions = fc
  .tuple(images, channels, kernels, windows, fc.tuple(fc.nat(1), fc.nat(1)))
  .map(([image, out, kernel, attributes, more]) => {
    const [, into] = image;
    const outputPadding = [more[0] % attributes.strides[0], more[1] % attributes.strides[1]] as const;
    return node('ConvTranspose', { ...attributes, group: 1, outputPadding }, [
      image,
      [into, out, ...kernel],
      [out],
    ]);
  });

const gemms = fc
  .tuple(size, size, size, flags, flags, fc.constantFrom(1, 0.5), fc.nat(3))
  .map(([m, k, n, transA, transB, alpha, bias]) => {
    const biasShape = [[n], [m, n], [1, n]][bias];
    const factors = [transA ? [k, m] : [m, k], transB ? [n, k] : [k, n]];
    return node(
      'Gemm',
      { transA, transB, alpha },
      biasShape === undefined ? factors : [...factors, biasShape],
    );
  });

const matrixProducts = fc.tuple(broadcasting(2), size, size, size).map(([[a = [], b = []], m, k, n]) =>
  node('MatMul', {}, [
    [...a, m, k],
    [...b, k, n],
  ]),
);

const gathers = fc.tuple(shapeAndAxis, shapes(0, 2)).map(([{ shape, axis }, places]): DifferentiableCase => ({
  operands: [
    { shape, draw: 'real' },
    { shape: places, draw: { below: shape.at(axis) ?? 1 } },
  ],
  build: (g, [data, indices]) => [op.gather(g, data as Value, indices as Value, axis)],
}));

const scatters = fc.tuple(shapes(1), size).map(([shape, count]): DifferentiableCase => ({
  operands: [
    { shape, draw: 'real' },
    { shape: [count, 1], draw: { below: shape[0] ?? 1 } },
    { shape: [count, ...shape.slice(1)], draw: 'real' },
  ],
  build: (g, operands) => [g.add('ScatterND', operands, { reduction: 'add' })],
}));

/** The scale is a constant of ones, as in a group normalisation, or an operand. */
const layerNormalizations = fc
  .tuple(
    shapes(0, 2),
    fc.integer({ min: 3, max: 6 }),
    fc.nat(2),
    flags,
    fc.constantFrom('ones', 'scale', 'bias'),
  )
  .map(([front, last, from, negative, kind]): DifferentiableCase => {
    const shape = [...front, last];
    const positive = from % shape.length;
    const axis = negative ? positive - shape.length : positive;
    const normalized = shape.slice(positive);
    const operands: Operand[] = [{ shape, draw: 'real' }];
    if (kind !== 'ones') operands.push({ shape: normalized, draw: 'real' });
    if (kind === 'bias') operands.push({ shape: normalized, draw: 'real' });
    const build = (g: GraphBuilder, [x, scale, bias]: readonly Value[]): Value[] => {
      const used = scale ?? g.filled(normalized, 1);
      const inputs = bias === undefined ? [x, used] : [x, used, bias];
      return [g.add('LayerNormalization', inputs, { axis, epsilon: 0.1 })];
    };
    return { operands, build };
  });

const slices = shapes(1).chain((shape) =>
  fc.tuple(...shape.map((extent) => fc.tuple(fc.nat(extent - 1), fc.nat(extent - 1), flags))).map((cuts) => {
    const bounds = cuts.map(([a, b, negative], i) => {
      const [start, end] = [Math.min(a, b), Math.max(a, b) + 1];
      return { start: negative ? start - (shape[i] ?? 0) : start, end };
    });
    const starts = bounds.map(({ start }) => start);
    const ends = bounds.map(({ end }) => end);
    return node('Slice', { axes: [...shape.keys()], starts, ends }, [shape]);
  }),
);

const paddings = shapes(1).chain((shape) =>
  fc
    .array(fc.nat(2), { minLength: 2 * shape.length, maxLength: 2 * shape.length })
    .map((around) => node('Pad', { pads: around, value: 0.5 }, [shape])),
);

const transposes = shapes(1).chain((shape) =>
  fc
    .shuffledSubarray([...shape.keys()], { minLength: shape.length })
    .map((perm) => node('Transpose', { perm }, [shape])),
);

const concatenations = fc
  .tuple(shapeAndAxis, fc.array(size, { minLength: 1, maxLength: 3 }))
  .map(([{ shape, axis }, sizes]) => {
    const at = axis < 0 ? axis + shape.length : axis;
    const parts = sizes.map((part) => shape.map((extent, i) => (i === at ? part : extent)));
    return node('Concat', { axis }, parts);
  });

/** Some of the outputs are left out of the loss. */
const splits = fc
  .tuple(shapeAndAxis, fc.array(size, { minLength: 1, maxLength: 3 }), fc.nat(2))
  .map(([{ shape, axis }, sizes, used]): DifferentiableCase => {
    const at = axis < 0 ? axis + shape.length : axis;
    const total = sizes.reduce((sum, part) => sum + part, 0);
    return {
      operands: [{ shape: shape.map((extent, i) => (i === at ? total : extent)), draw: 'real' }],
      build: (g, inputs) => g.addNode('Split', inputs, { axis, sizes }).slice(0, used + 1),
    };
  });

const expansions = shapes().chain((shape) =>
  broadcastTo(shape).map((small) => node('Expand', { shape }, [small])),
);

const conditions = broadcasting(3).map(([condition = [], a = [], b = []]): DifferentiableCase => ({
  operands: [
    { shape: condition, draw: 'truth' },
    { shape: a, draw: 'real' },
    { shape: b, draw: 'real' },
  ],
  build: (g, [c, x, y]) => [op.where(g, c as Value, x as Value, y as Value)],
}));

/** A product of a captured value on one side, something else of it on the other. */
const branches = fc
  .tuple(shapes(), fc.constantFrom('save', 'recompute'))
  .map(([shape, mode]): DifferentiableCase => ({
    operands: [
      { shape: [], draw: 'truth' },
      { shape, draw: 'real' },
      { shape, draw: 'real' },
    ],
    build: (g, [condition, x, y]) =>
      op.branch(
        g,
        condition as Value,
        (nested) => [op.mul(nested, op.tanh(nested, x as Value), op.sin(nested, y as Value))],
        (nested) => [op.exp(nested, op.cos(nested, x as Value))],
      ),
    options: { activations: () => mode },
  }));

/** Products of two values, squares, and the product that is SiLU, which the rule takes together. */
const products = fc.oneof(
  binary(op.mul, ['real', 'real']),
  unary(op.square),
  unary(op.silu),
  unary((g, x) => op.mul(g, op.sigmoid(g, x), x)),
);

const powers = fc.oneof(
  binary(op.pow, ['positive', 'real']),
  unary((g, x) => op.pow(g, x, 2)),
  unary((g, x) => op.pow(g, x, 3)),
  unary((g, x) => op.pow(g, x, -0.5), 'positive'),
);

const pools = fc
  .tuple(images, kernels, strides)
  .map(([image, kernel, step]) =>
    node('AveragePool', { kernel, strides: step, pads: [0, 0, 0, 0] }, [image]),
  );

/** Random applications of every operation; null for those that no gradient passes. */
export const differentiableCases: Readonly<Record<OpType, Cases | null>> = {
  Abs: unary((g, x) => g.add('Abs', [x], {}), 'apart'),
  Add: binary(op.add, ['real', 'real']),
  ArgMax: null,
  AveragePool: pools,
  BitCast: null,
  Cast: unary((g, x) => op.cast(g, x, 'float32')),
  Concat: concatenations,
  Conv: convolutions,
  ConvTranspose: transposedConvolutions,
  Cos: unary(op.cos),
  DequantizeLinear: null,
  Div: binary(op.div, ['real', 'positive']),
  DynamicQuantizeLinear: null,
  Equal: null,
  Erf: unary(op.erf),
  Exp: unary(op.exp),
  Expand: expansions,
  Gather: gathers,
  Gelu: fc
    .constantFrom('none', 'tanh')
    .chain((approximate) => unary((g, x) => g.add('Gelu', [x], { approximate: approximate }))),
  Gemm: gemms,
  Greater: null,
  Identity: unary(op.identity),
  If: branches,
  InstanceNormalization: null,
  LayerNormalization: layerNormalizations,
  Less: null,
  Log: unary(op.log, 'positive'),
  LogSoftmax: shapeAndAxis.map(({ shape, axis }) => node('LogSoftmax', { axis }, [shape])),
  Loop: null,
  MatMul: matrixProducts,
  MatMulInteger: null,
  Max: binary(op.max, ['apart', 'between']),
  Min: binary(op.min, ['apart', 'between']),
  Mul: products,
  Neg: unary(op.neg),
  Pad: paddings,
  Pow: powers,
  Reciprocal: unary(op.reciprocal, 'positive'),
  ReduceMax: reductions.map(({ shape, attributes }) => node('ReduceMax', attributes, [shape], 'apart')),
  ReduceMean: reductions.map(({ shape, attributes }) => node('ReduceMean', attributes, [shape])),
  ReduceSum: reductions.map(({ shape, attributes }) => node('ReduceSum', attributes, [shape])),
  Reshape: shapes().map((shape) => node('Reshape', { shape: [-1] }, [shape])),
  Resize: fc
    .tuple(images, fc.integer({ min: 1, max: 3 }))
    .map(([image, factor]) => node('Resize', { factor }, [image])),
  ScatterND: scatters,
  Shape: null,
  Sigmoid: unary(op.sigmoid),
  Sin: unary(op.sin),
  Slice: slices,
  Softmax: shapeAndAxis.map(({ shape, axis }) => node('Softmax', { axis }, [shape])),
  Split: splits,
  Sqrt: unary(op.sqrt, 'positive'),
  Sub: binary(op.sub, ['real', 'real']),
  Tanh: unary(op.tanh),
  Transpose: transposes,
  Where: conditions,
};
