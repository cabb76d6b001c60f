import { externalFolder } from '../graph/external-folder.js';
import { GraphBuilder } from '../graph/graph-builder.js';
import { elementCount, type Shape, type Value } from '../graph/value.js';
import { serializeModel } from '../onnx/serialize-model.js';
import type { RemoteSession, SessionHost } from '../runtime/device-host.js';
import { float32Tensor, int64Tensor, type Tensor } from '../runtime/tensor.js';
import { batchesOf, fillBatch, inBatches, stackRows, takeRows } from './batches.js';

/** Numbers of one row: pixels or latents as float32, token ids as int32. */
export type Row = Float32Array | Int32Array;

/** What a {@link RowModel} is fed with. */
export interface RowBatches {
  /** Rows of one run. */
  readonly batch: number;
  /** Type of one row; int64 rows are given as int32. */
  readonly row: { readonly dtype: 'float32' | 'int64'; readonly shape: Shape };
}

/** Names of the one input and the one output that are used. */
interface RowNames {
  readonly input: string;
  readonly output: string;
}

/** A model of one input and one output that treats each row of a batch by itself; shapes are fixed in its graph. */
export interface RowModelSpec extends RowBatches {
  readonly name: string;
  /** Appends the model to the graph: input [batch, ...row], output float32 [batch, ...]. */
  readonly build: (g: GraphBuilder, input: Value) => Value;
}

const inputName = 'rows';

/** Bytes of a message to the device or back: runs of fewer are sent together. */
const maxMessageBytes = 4 * 2 ** 20;

/** A {@link RowModelSpec} in a session on a device, for any number of rows. */
export class RowModel {
  readonly #session: RemoteSession;
  readonly #spec: RowBatches;
  readonly #names: RowNames;
  /** How many go to the device in one message. */
  readonly rowsAtATime: number;

  private constructor(session: RemoteSession, spec: RowBatches, names: RowNames, runsAtATime: number) {
    this.#session = session;
    this.#spec = spec;
    this.#names = names;
    this.rowsAtATime = spec.batch * runsAtATime;
  }

  /** Throws what building the graph throws, and `SESSION_FAILED`. */
  static async create(host: SessionHost, spec: RowModelSpec): Promise<RowModel> {
    const { name, batch, row, build } = spec;
    const g = new GraphBuilder();
    const output = build(g, g.input(inputName, { dtype: row.dtype, shape: [batch, ...row.shape] }));
    const graph = g.build(name, [output]);
    const session = await host.createSession(serializeModel(graph), externalFolder(graph));
    const inputBytes = batch * elementCount(row.shape) * (row.dtype === 'int64' ? 8 : 4);
    const runBytes = Math.max(inputBytes, 4 * elementCount(output.shape));
    const runsAtATime = Math.max(1, Math.floor(maxMessageBytes / runBytes));
    return new RowModel(session, spec, { input: inputName, output: output.name }, runsAtATime);
  }

  /** Of an ONNX file of any batch. Throws `SESSION_FAILED`. */
  static async open(host: SessionHost, path: string, spec: RowBatches, names: RowNames): Promise<RowModel> {
    return new RowModel(await host.createSession(path), spec, names, 1);
  }

  /** The output's row for each row; the last batch is filled up, and what came of the filling is dropped. */
  async run(rows: readonly Row[]): Promise<Float32Array[]> {
    const { batch } = this.#spec;
    const { input, output } = this.#names;
    return inBatches(rows, this.rowsAtATime, async (part) => {
      const runs = batchesOf(part, batch);
      const outputs = await this.#session.runEach(
        runs.map((run) => ({ [input]: this.#stack(fillBatch(run, batch)) })),
      );
      return runs.flatMap((run, i) =>
        takeRows(outputs[i]?.[output]?.data as Float32Array, batch, run.length),
      );
    });
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  #stack(rows: readonly Row[]): Tensor {
    const { batch, row } = this.#spec;
    const shape = [batch, ...row.shape];
    if (row.dtype === 'float32') return float32Tensor(shape, stackRows(rows as readonly Float32Array[]));
    return int64Tensor(
      shape,
      rows.flatMap((ids) => [...ids]),
    );
  }
}
