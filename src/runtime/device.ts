import { SnapEvoError } from '../errors/snapevo-error.js';

/** Where sessions run: an execution provider of ONNX Runtime, and which device of its kind. */
export interface Device {
  /** As the user names it: `cpu`, `webgpu`, `cuda:1`... */
  readonly name: string;
  readonly provider: string;
  readonly index: number;
  /** Threads of the CPU provider; the runtime's choice when absent. */
  readonly threads?: number;
  /** Processors, from 0, that threads of the CPU provider beyond the calling one are bound to, one each; none is bound when absent. */
  readonly processors?: readonly number[];
}

/** Providers of which there is one device: an index would have no effect. */
const single: ReadonlySet<string> = new Set(['cpu', 'webgpu']);

/** Reads `provider[:index]`, without an index where there is one device only. Throws `DEVICE_INVALID`. */
export function parseDevice(name: string, threads?: number): Device {
  const match = /^([a-z][a-z0-9]*)(?::(\d+))?$/.exec(name);
  const [, provider = '', index] = match ?? [];
  if (match === null || (index !== undefined && single.has(provider))) {
    throw new SnapEvoError({
      code: 'DEVICE_INVALID',
      message: `expected a device such as cpu, webgpu or cuda:0, found "${name}"`,
      where: 'device',
      hint: 'name an execution provider of ONNX Runtime, with :index where there are several devices',
    });
  }
  return { name, provider, index: Number(index ?? 0), ...(threads === undefined ? {} : { threads }) };
}
