import { GraphBuilder } from '../../src/graph/graph-builder.js';
import * as op from '../../src/graph/ops.js';
import type { Value } from '../../src/graph/value.js';
import { serializeModel } from '../../src/onnx/serialize-model.js';

/** A model that adds `x`, `[1]`, to itself so often, and takes as long as asked for. */
export function doubling(trips: number): { readonly model: Uint8Array; readonly output: string } {
  const g = new GraphBuilder();
  const x = g.input('x', { dtype: 'float32', shape: [1] });
  const body = g.nested();
  body.input('iteration', { dtype: 'int64', shape: [] });
  const now = body.input('now', { dtype: 'float32', shape: [1] });
  const next = op.add(body, now, now);
  const outputs = g.addNode('Loop', [x], { trips, body: body.build('body', [next]) });
  return { model: serializeModel(g.build('doubling', outputs)), output: (outputs[0] as Value).name };
}
