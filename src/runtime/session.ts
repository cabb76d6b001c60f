import * as ort from 'onnxruntime-node';
import type { DataType, TensorData } from '../graph/data-type.js';
import { elementCount } from '../graph/value.js';
import { SnapEvoError } from '../errors/snapevo-error.js';
import type { Device } from './device.js';
import { outOfMemory } from './out-of-memory.js';
import { sessionOptions, type SessionSettings } from './session-options.js';
import type { Tensor, Tensors } from './tensor.js';

/** A resident's two buffers: the runtime reads one and writes the other, turn about. The other is there once a run needs it. */
interface Resident {
  readonly output: string;
  current: ort.Tensor;
  spare: ort.Tensor | undefined;
}

/**
 * A model loaded on a device, in the thread that made it: `run` blocks that thread. Inputs listed as residents are set once
 * and then carried from run to run without leaving the session's thread.
 */
export class Session {
  readonly #session: ort.InferenceSession;
  readonly #device: Device;
  readonly #outputOf: ReadonlyMap<string, string>;
  readonly #residents = new Map<string, Resident>();

  private constructor(session: ort.InferenceSession, device: Device, settings: SessionSettings) {
    this.#session = session;
    this.#device = device;
    this.#outputOf = new Map(
      Object.entries(settings.residents ?? {}).map(([output, input]) => [input, output]),
    );
  }

  /**
   * Loads a model from its bytes or a file's path.
   * @throws SnapEvoError `SESSION_FAILED` with the runtime's own words, `DEVICE_OUT_OF_MEMORY` where they are about memory
   */
  static async create(
    model: Uint8Array | string,
    device: Device,
    settings: SessionSettings = {},
  ): Promise<Session> {
    const options = sessionOptions(device, settings);
    try {
      const session =
        typeof model === 'string'
          ? await ort.InferenceSession.create(model, options)
          : await ort.InferenceSession.create(model, options);
      return new Session(session, device, settings);
    } catch (error) {
      throw outOfMemory(error, device) ?? sessionFailed(error, device);
    }
  }

  /** Sets resident inputs. Their arrays are the session's from then on: it writes to them. */
  setResidents(tensors: Tensors): void {
    for (const [input, tensor] of Object.entries(tensors)) {
      const output = this.#outputOf.get(input);
      if (output === undefined) throw unknownResident(input);
      this.#residents.set(input, { output, current: toOrt(tensor), spare: undefined });
    }
  }

  /** Copies of resident inputs as the last run left them. */
  getResidents(names: readonly string[]): Tensors {
    return Object.fromEntries(
      names.map((name) => {
        const resident = this.#residents.get(name);
        if (resident === undefined) throw unknownResident(name);
        return [name, takeCopy(resident)];
      }),
    );
  }

  /** Runs the model once; gives the outputs that are not residents, or those named. Blocks the thread meanwhile. Throws `RUN_FAILED`, `DEVICE_OUT_OF_MEMORY`. */
  async run(feeds: Tensors, fetches?: readonly string[]): Promise<Tensors> {
    const residentOutputs = new Set(this.#outputOf.values());
    const wanted = fetches ?? this.#session.outputNames.filter((name) => !residentOutputs.has(name));
    const inputs: Record<string, ort.Tensor> = {};
    for (const [name, tensor] of Object.entries(feeds)) inputs[name] = toOrt(tensor);
    const outputs: Record<string, ort.Tensor | null> = Object.fromEntries(wanted.map((name) => [name, null]));
    for (const [name, resident] of this.#residents) {
      inputs[name] = resident.current;
      resident.spare ??= emptyLike(resident.current);
      outputs[resident.output] = resident.spare;
    }
    const results = await this.#compute(inputs, outputs);
    for (const resident of this.#residents.values()) {
      const { current, spare = current } = resident;
      [resident.current, resident.spare] = [spare, current];
    }
    return Object.fromEntries(wanted.map((name) => [name, fromOrt(outputNamed(results, name))]));
  }

  async #compute(
    inputs: Record<string, ort.Tensor>,
    outputs: Record<string, ort.Tensor | null>,
  ): Promise<ort.InferenceSession.OnnxValueMapType> {
    try {
      return await this.#session.run(inputs, outputs);
    } catch (error) {
      throw outOfMemory(error, this.#device) ?? runFailed(error, this.#device);
    }
  }

  /** Frees the model; with profiling on, the profile is written now. */
  async release(): Promise<void> {
    this.#session.endProfiling();
    await this.#session.release();
  }
}

const runtimeWords = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function sessionFailed(error: unknown, device: Device): SnapEvoError {
  return new SnapEvoError({
    code: 'SESSION_FAILED',
    message: `the runtime can't load the model: ${runtimeWords(error)}`,
    where: `device ${device.name}`,
    hint: 'check that the device is there and that its memory holds the model',
    cause: error,
  });
}

function runFailed(error: unknown, device: Device): SnapEvoError {
  return new SnapEvoError({
    code: 'RUN_FAILED',
    message: `the runtime can't run the model: ${runtimeWords(error)}`,
    where: `device ${device.name}`,
    hint: 'check that the device is still there and that its memory holds what the model computes; a smaller batch needs less',
    cause: error,
  });
}

function outputNamed(results: ort.InferenceSession.OnnxValueMapType, name: string): ort.Tensor {
  const result = results[name];
  if (result instanceof ort.Tensor) return result;
  throw new SnapEvoError({
    code: 'OUTPUT_MISSING',
    message: `the model has no output ${name}`,
    fault: 'internal',
  });
}

function unknownResident(name: string): SnapEvoError {
  return new SnapEvoError({
    code: 'RESIDENT_UNKNOWN',
    message: `${name} is no resident of this session`,
    fault: 'internal',
  });
}

function toOrt({ dtype, shape, data }: Tensor): ort.Tensor {
  // bfloat16 stays inside graphs
  return new ort.Tensor(dtype as Exclude<DataType, 'bfloat16'>, data as ort.Tensor.DataType, shape);
}

function fromOrt(tensor: ort.Tensor): Tensor {
  return { dtype: tensor.type as DataType, shape: tensor.dims, data: tensor.data as TensorData };
}

/** A copy of what a resident holds, in the buffer that a run would write next: there is no third one. */
function takeCopy(resident: Resident): Tensor {
  const copy = resident.spare ?? emptyLike(resident.current);
  resident.spare = undefined;
  (copy.data as Float32Array).set(resident.current.data as Float32Array);
  return fromOrt(copy);
}

function emptyLike({ type, data, dims }: ort.Tensor): ort.Tensor {
  const Elements = data.constructor as new (length: number) => ort.Tensor.DataType;
  return new ort.Tensor(type, new Elements(elementCount(dims)), dims);
}
