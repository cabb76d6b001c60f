import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decoderMacs } from '../../src/compression/decoder-figures.js';
import { countMacs } from '../../src/graph/count-macs.js';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import type { Graph } from '../../src/graph/graph.js';
import * as op from '../../src/graph/ops.js';
import type { Value } from '../../src/graph/value.js';
import { multiHeadAttention } from '../../src/model/attention.js';
import { vaeKind } from '../../src/model/model-kind.js';

/** A graph of float32 inputs of those shapes. */
function graphOf(
  shapes: readonly (readonly number[])[],
  build: (g: GraphBuilder, inputs: readonly Value[]) => Value,
): Graph {
  const g = new GraphBuilder();
  const inputs = shapes.map((shape, i) => g.input(`x${i}`, { dtype: 'float32', shape }));
  return g.build('test', [build(g, inputs)]);
}

const at = (values: readonly Value[], index: number): Value => {
  const value = values[index];
  if (value === undefined) throw new Error(`no value ${index}`);
  return value;
};

describe('multiply-accumulates', () => {
  it('of a convolution are its output times what each element reads', () => {
    const shapes = [
      [2, 3, 8, 10],
      [5, 3, 3, 3],
    ];
    const plain = graphOf(shapes, (g, x) => op.conv2d(g, at(x, 0), at(x, 1), { padding: 1 }));
    expect(countMacs(plain)).toBe(2 * 5 * 8 * 10 * 27);
    const halved = graphOf(shapes, (g, x) => op.conv2d(g, at(x, 0), at(x, 1), { padding: 1, stride: 2 }));
    expect(countMacs(halved)).toBe(2 * 5 * 4 * 5 * 27);
  });

  it('of products of matrices are rows times columns times what they share, in every batch', () => {
    const shapes = [
      [2, 4, 3, 7],
      [2, 4, 7, 5],
    ];
    expect(countMacs(graphOf(shapes, (g, x) => op.matMul(g, at(x, 0), at(x, 1))))).toBe(2 * 4 * 3 * 5 * 7);
    const rows = graphOf(
      [
        [6, 7],
        [4, 7],
      ],
      (g, x) => op.linear(g, at(x, 0), at(x, 1)),
    );
    expect(countMacs(rows)).toBe(6 * 4 * 7);
  });

  it('of attention are those of scores and of what they weigh, in however many parts', () => {
    const [batch, tokens, context, channels] = [2, 6, 5, 8];
    const shapes = [
      [batch * tokens, channels],
      [batch * context, channels],
      [batch * context, channels],
    ];
    const graph = graphOf(shapes, (g, x) =>
      multiHeadAttention(g, at(x, 0), at(x, 1), at(x, 2), { batch, heads: 2 }),
    );
    expect(countMacs(graph)).toBe(2 * batch * tokens * context * channels);
  });

  it('of an If are those of its dearer branch, of a Loop those of every trip', () => {
    const g = new GraphBuilder();
    const x = g.input('x', { dtype: 'float32', shape: [3, 3] });
    const condition = g.input('condition', { dtype: 'bool', shape: [] });
    const [chosen] = op.branch(
      g,
      condition,
      (nested) => [op.matMul(nested, op.matMul(nested, x, x), x)],
      (nested) => [op.matMul(nested, x, x)],
    );
    const body = op.buildNested(g, 'body', (nested) => {
      nested.input('iteration', { dtype: 'int64', shape: [] });
      const state = nested.input('state', { dtype: 'float32', shape: [3, 3] });
      return [op.matMul(nested, state, x)];
    });
    const looped = g.addNode('Loop', [chosen as Value], { trips: 4, body });
    expect(countMacs(g.build('nested', looped))).toBe(2 * 27 + 4 * 27);
  });

  it('of decoders are those that PyTorch counts', () => {
    const counted = JSON.parse(
      readFileSync(new URL('../golden/decoder/operations.json', import.meta.url), 'utf8'),
    ) as Readonly<Record<'emoji' | 'teacher' | 'student', number>>;
    const configOf = (path: string) =>
      vaeKind.parse(readFileSync(new URL(`../../${path}/config.json`, import.meta.url), 'utf8'), path);
    expect(decoderMacs(configOf('models/emoji/vae'), [4, 16, 16])).toBe(counted.emoji);
    expect(2 * decoderMacs(configOf('test/golden/decoder/teacher'), [4, 3, 5])).toBe(counted.teacher);
    expect(2 * decoderMacs(configOf('test/golden/decoder/student'), [4, 3, 5])).toBe(counted.student);
  });
});
