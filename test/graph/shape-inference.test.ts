import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import * as op from '../../src/graph/ops.js';
import { elementCount, type Shape, type Value } from '../../src/graph/value.js';
import { verifyGraph } from '../../src/graph/verify-graph.js';
import { serializeModel } from '../../src/onnx/serialize-model.js';
import { parseDevice } from '../../src/runtime/device.js';
import { Session } from '../../src/runtime/session.js';
import { float32Tensor } from '../../src/runtime/tensor.js';

/** An operation on float32 inputs of these shapes. */
interface Sample {
  readonly shapes: readonly Shape[];
  readonly build: (g: GraphBuilder, inputs: readonly [Value, Value, Value]) => readonly Value[];
}

/** Types of all outputs as inference gives them and as the runtime made them. */
async function typesOf({ shapes, build }: Sample): Promise<{ inferred: string[]; found: string[] }> {
  const g = new GraphBuilder();
  const inputs = shapes.map((shape, i) => g.input(`x${i}`, { dtype: 'float32', shape }));
  const outputs = build(g, inputs as unknown as [Value, Value, Value]);
  const graph = g.build('test', outputs);
  verifyGraph(graph);
  const session = await Session.create(serializeModel(graph), parseDevice('cpu', 1), {
    optimization: 'disabled',
  });
  const ones = (shape: Shape) => float32Tensor(shape, new Float32Array(elementCount(shape)).fill(1));
  const results = await session.run(Object.fromEntries(shapes.map((shape, i) => [`x${i}`, ones(shape)])));
  await session.release();
  const describeType = (type: { dtype: string; shape: Shape } | undefined): string =>
    `${type?.dtype ?? 'none'}[${(type?.shape ?? []).join()}]`;
  return {
    inferred: outputs.map(describeType),
    found: outputs.map(({ name }) => describeType(results[name])),
  };
}

const size = fc.integer({ min: 1, max: 5 });
const shape = (minLength = 1, maxLength = 4): fc.Arbitrary<number[]> =>
  fc.array(size, { minLength, maxLength });
const small = fc.nat(2);
const stride = fc.integer({ min: 1, max: 3 });
const flag = fc.boolean();

/** Two shapes that broadcast. */
const broadcasting: fc.Arbitrary<[number[], number[]]> = shape().chain((full) =>
  fc.tuple(
    fc.tuple(...full.map((extent) => fc.constantFrom(1, extent))),
    fc
      .tuple(fc.nat(full.length), ...full.map((extent) => fc.constantFrom(1, extent)))
      .map(([drop, ...extents]) => extents.slice(drop)),
  ),
);

const withAxis = fc.tuple(shape(), fc.nat(), flag).map(([extents, at, fromEnd]) => ({
  extents,
  axis: (at % extents.length) - (fromEnd ? extents.length : 0),
}));

const windows = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  group: fc.integer({ min: 1, max: 2 }),
  inChannels: size,
  outChannels: size,
  image: fc.tuple(fc.integer({ min: 4, max: 7 }), fc.integer({ min: 4, max: 7 })),
  kernel: fc.tuple(stride, stride),
  strides: fc.tuple(stride, stride),
  pads: fc.tuple(small, small, small, small),
});

const samples: Record<string, fc.Arbitrary<Sample>> = {
  'Add of shapes that broadcast': broadcasting.map(([a, b]) => ({
    shapes: [a, b],
    build: (g, [x, y]) => [op.add(g, x, y)],
  })),
  'Greater and Where': broadcasting.map(([a, b]) => ({
    shapes: [a, b],
    build: (g, [x, y]) => {
      const greater = op.greater(g, x, y);
      return [greater, op.where(g, greater, x, 0)];
    },
  })),
  'MatMul with batch axes that broadcast': fc
    .tuple(broadcasting, size, size, size)
    .map(([[a, b], m, k, n]) => ({
      shapes: [
        [...a.slice(0, 2), m, k],
        [...(b.length === a.length ? b.slice(0, 2) : []), k, n],
      ],
      build: (g, [x, y]) => [op.matMul(g, x, y)],
    })),
  'Gemm, either side transposed': fc.tuple(size, size, size, flag, flag).map(([m, k, n, transA, transB]) => ({
    shapes: [transA ? [k, m] : [m, k], transB ? [n, k] : [k, n], [n]],
    build: (g, [a, b, bias]) => [op.gemm(g, a, b, { bias, transA, transB })],
  })),
  'Conv with strides, pads and groups': windows.map(
    ({ batch, group, inChannels, outChannels, image, kernel, strides, pads }) => ({
      shapes: [
        [batch, inChannels * group, ...image],
        [outChannels * group, inChannels, ...kernel],
      ],
      build: (g, [x, w]) => [g.add('Conv', [x, w], { strides, pads, group })],
    }),
  ),
  'ConvTranspose with strides and pads': windows.map(
    ({ batch, inChannels, outChannels, image, kernel, strides }) => ({
      shapes: [
        [batch, inChannels, ...image],
        [inChannels, outChannels, ...kernel],
      ],
      build: (g, [x, w]) => [
        g.add('ConvTranspose', [x, w], {
          strides,
          pads: [0, 1, 1, 0],
          group: 1,
          outputPadding: [strides[0] - 1, strides[1] - 1],
        }),
      ],
    }),
  ),
  AveragePool: windows.map(({ batch, inChannels, image, kernel, strides }) => ({
    shapes: [[batch, inChannels, ...image]],
    build: (g, [x]) => [g.add('AveragePool', [x], { kernel, strides, pads: [0, 0, 0, 0] })],
  })),
  Concat: fc.tuple(withAxis, size).map(([{ extents, axis }, other]) => ({
    shapes: [
      extents,
      extents.map((extent, i) => (i === (axis + extents.length) % extents.length ? other : extent)),
    ],
    build: (g, [a, b]) => [op.concat(g, [a, b, a], axis)],
  })),
  'Slice, forwards and backwards, within the tensor and beyond': fc
    .tuple(
      withAxis,
      fc.integer({ min: -8, max: 8 }),
      fc.integer({ min: -8, max: 8 }),
      fc.constantFrom(1, 2, 3, -1, -2),
    )
    .map(([{ extents, axis }, start, end, step]) => ({
      shapes: [extents],
      build: (g, [x]) => [g.add('Slice', [x], { axes: [axis], starts: [start], ends: [end], steps: [step] })],
    })),
  'Slice backwards to the first element': withAxis.map(({ extents, axis }) => ({
    shapes: [extents],
    build: (g, [x]) => [
      g.add('Slice', [x], { axes: [axis], starts: [-1], ends: [Number.MIN_SAFE_INTEGER], steps: [-1] }),
    ],
  })),
  Split: fc.tuple(shape(), size, size).map(([extents, a, b]) => ({
    shapes: [[...extents, a + b]],
    build: (g, [x]) => g.addNode('Split', [x], { axis: -1, sizes: [a, b] }),
  })),
  'Reshape with one extent left open': fc.tuple(shape(2, 4), fc.nat()).map(([extents, at]) => ({
    shapes: [extents],
    build: (g, [x]) => {
      const turned = extents.toReversed();
      return [
        op.reshape(
          g,
          x,
          turned.map((extent, i) => (i === at % extents.length ? -1 : extent)),
        ),
      ];
    },
  })),
  'Gather of indices of any rank': fc.tuple(withAxis, shape(0, 2)).map(([{ extents, axis }, indices]) => ({
    shapes: [extents],
    build: (g, [x]) => {
      const zeros = new Array<number>(elementCount(indices)).fill(0);
      return [op.gather(g, x, g.constantInt64(indices, zeros), axis)];
    },
  })),
  'reductions over some axes': fc.tuple(withAxis, flag).map(([{ extents, axis }, keepDims]) => ({
    shapes: [extents],
    build: (g, [x]) => [
      op.reduceSum(g, x, [axis], keepDims),
      op.reduceMean(g, x, op.allAxes(x), keepDims),
      op.reduceMax(g, x, [axis], keepDims),
      g.add('ArgMax', [x], { axis }),
    ],
  })),
  'LayerNormalization, its mean and its inverse deviation': withAxis.map(({ extents, axis }) => ({
    shapes: [extents, extents.slice((axis + extents.length) % extents.length)],
    build: (g, [x, scale]) => g.addNode('LayerNormalization', [x, scale], { axis, epsilon: 1e-5 }),
  })),
  Pad: shape().chain((extents) =>
    fc.array(small, { minLength: 2 * extents.length, maxLength: 2 * extents.length }).map((pads) => ({
      shapes: [extents],
      build: (g: GraphBuilder, [x]: readonly Value[]) => [g.add('Pad', [x], { pads, value: 0 })],
    })),
  ),
  'Expand, also to a shape that is shorter': broadcasting.map(([a, b]) => ({
    shapes: [a],
    build: (g, [x]) => [op.expand(g, x, b)],
  })),
  Transpose: shape().chain((extents) =>
    fc
      .shuffledSubarray(
        extents.map((_, i) => i),
        { minLength: extents.length },
      )
      .map((perm) => ({
        shapes: [extents],
        build: (g: GraphBuilder, [x]: readonly [Value, ...Value[]]) => [op.transpose(g, x, perm)],
      })),
  ),
  Resize: fc.tuple(shape(4, 4), stride).map(([extents, factor]) => ({
    shapes: [extents],
    build: (g, [x]) => [op.upsampleNearest(g, x, factor)],
  })),
  'Cast and Softmax': withAxis.map(({ extents, axis }) => ({
    shapes: [extents],
    build: (g, [x]) => [op.cast(g, x, 'int64'), op.softmax(g, x, axis), op.logSoftmax(g, x, axis)],
  })),
  ScatterND: fc.tuple(size, size).map(([rows, width]) => ({
    shapes: [
      [rows, width],
      [3, width],
    ],
    build: (g, [x, updates]) => [
      g.add('ScatterND', [x, g.constantInt64([3, 1], [0, 0, rows - 1]), updates], { reduction: 'add' }),
    ],
  })),
  'If and Loop': fc.tuple(shape(), stride).map(([extents, trips]) => ({
    shapes: [extents],
    build: (g, [x]) => {
      const condition = op.greater(g, op.reduceSum(g, x, op.allAxes(x)), 0);
      const chosen = op.branch(
        g,
        condition,
        (nested) => [op.neg(nested, x), op.zeros(nested, [0])],
        (nested) => [op.exp(nested, x), op.zeros(nested, [0])],
      );
      const body = g.nested();
      body.input('iteration', { dtype: 'int64', shape: [] });
      const now = body.input('now', x);
      const next = op.mul(body, now, 0.5);
      const outputs = [next, op.reduceSum(body, now, [0])];
      return [...chosen, ...g.addNode('Loop', [x], { trips, body: body.build('body', outputs) })];
    },
  })),
};

describe('inferred types are those of what the runtime makes', () => {
  it.each(Object.entries(samples))('%s', async (_, sample) => {
    await fc.assert(
      fc.asyncProperty(sample, async (one) => {
        const { inferred, found } = await typesOf(one);
        expect(found).toEqual(inferred);
      }),
      { numRuns: 150 },
    );
  });
});

describe('operands that do not fit are refused', () => {
  const input = (g: GraphBuilder, ...extents: number[]): Value =>
    g.input(`x${extents.join()}`, { dtype: 'float32', shape: extents });
  const cases: [string, (g: GraphBuilder) => unknown, string][] = [
    ['shapes that do not broadcast', (g) => op.add(g, input(g, 2, 3), input(g, 2)), 'do not broadcast'],
    [
      'types that differ',
      (g) => op.add(g, input(g, 2), g.constantInt64([1], [1])),
      'operands are float32 and int64',
    ],
    [
      'MatMul: inner extents',
      (g) => op.matMul(g, input(g, 2, 3), input(g, 2, 4)),
      'inner extent of MatMul: expected 3',
    ],
    ['MatMul: a vector', (g) => op.matMul(g, input(g, 2, 3), input(g, 3)), 'rank 2 or more'],
    [
      'Gemm: inner extents',
      (g) => op.gemm(g, input(g, 2, 3), input(g, 3, 4), { transB: true }),
      'inner extent of Gemm',
    ],
    [
      'Gemm: a bias too large',
      (g) => op.gemm(g, input(g, 2, 3), input(g, 3, 4), { bias: input(g, 5, 2, 4) }),
      'bias',
    ],
    ['Conv: channels', (g) => op.conv2d(g, input(g, 1, 3, 4, 4), input(g, 2, 4, 1, 1)), 'channels of Conv'],
    [
      'Conv: a weight of another rank',
      (g) => op.conv2d(g, input(g, 1, 3, 4, 4), input(g, 2, 3)),
      'rank of Conv’s weight: expected 4, found 2',
    ],
    [
      'Conv: a bias of another length',
      (g) => op.conv2d(g, input(g, 1, 3, 4, 4), input(g, 2, 3, 1, 1), { bias: input(g, 3) }),
      'bias [3] of a convolution that gives 2 channels',
    ],
    [
      'Conv: channels that do not fall into the groups',
      (g) => op.conv2d(g, input(g, 1, 4, 4, 4), input(g, 3, 2, 1, 1), { group: 2 }),
      'beyond whole groups',
    ],
    [
      'LayerNormalization: a scale of another shape',
      (g) => op.layerNorm(g, input(g, 2, 3), input(g, 2), input(g, 3), 1e-5),
      'scale of LayerNormalization: expected float32[3], found float32[2]',
    ],
    [
      'LayerNormalization: a bias of another shape',
      (g) => op.layerNorm(g, input(g, 2, 3), input(g, 3), input(g, 1), 1e-5),
      'bias of LayerNormalization',
    ],
    [
      'Where: a condition that is a number',
      (g) => op.where(g, input(g, 2), input(g, 1), 0),
      'condition of Where is float32, not bool',
    ],
    [
      'Where: types that differ',
      (g) => op.where(g, op.greater(g, input(g, 2), 0), input(g, 1), g.constantInt64([1], [1])),
      'operands are float32 and int64',
    ],
    [
      'MatMul: types that differ',
      (g) => op.matMul(g, input(g, 2, 2), g.constantInt64([2, 2], [1, 2, 3, 4])),
      'operands are float32 and int64',
    ],
    [
      'ScatterND: updates of another shape',
      (g) =>
        g.add('ScatterND', [input(g, 4, 2), g.constantInt64([1, 1], [0]), input(g, 1, 3)], {
          reduction: 'add',
        }),
      'updates of ScatterND: expected float32[1, 2]',
    ],
    [
      'Concat: another rank',
      (g) => op.concat(g, [input(g, 2, 3), input(g, 2, 3, 1)], 1),
      'rank of operand 1 in Concat',
    ],
    [
      'Concat: types that differ',
      (g) => op.concat(g, [input(g, 2), g.constantInt64([1], [1])], 0),
      'operands are float32 and int64',
    ],
    [
      'Concat: other extents',
      (g) => op.concat(g, [input(g, 2, 3), input(g, 3, 4)], 1),
      'extent of axis 0 in Concat',
    ],
    ['Reshape: elements', (g) => op.reshape(g, input(g, 2, 3), [4, -1]), 'reshaped from [2, 3]'],
    ['Split: sizes', (g) => g.add('Split', [input(g, 4)], { axis: 0, sizes: [1, 2] }), 'sizes of a Split'],
    ['an axis that is not there', (g) => op.softmax(g, input(g, 4), 1), 'axis 1 of a tensor of rank 1'],
    ['Pad: number of pads', (g) => g.add('Pad', [input(g, 4, 4)], { pads: [1, 1], value: 0 }), 'pads'],
    ['Transpose: number of axes', (g) => op.transpose(g, input(g, 4, 4), [0]), 'axes of a Transpose'],
    ['an operand left out', (g) => g.add('Add', [input(g, 1), undefined], {}), 'operand 1 is missing'],
  ];

  it.each(cases)('%s', (_, build, message) => {
    expect(() => build(new GraphBuilder())).toThrow(message);
  });
});
