import { SnapEvoError } from '../errors/snapevo-error.js';

/** Where sessions run: an execution provider of ONNX Runtime, and which device of its kind. */
export interface Device {
  /** As the user names it: `cpu`, `webgpu`, `cuda:1`... */
  readonly name: string;
  readonly provider: string;
  readonly index: number;
  /** Threads of the CPU provider; the runtime's choice when absent. */
  readonly threads?: number;
}

/** Reads `provider[:index]`. Throws `DEVICE_INVALID`. */
export function parseDevice(name: string, threads?: number): Device {
  const match = /^([a-z][a-z0-9]*)(?::(\d+))?$/.exec(name);
  if (match === null) {
    throw new SnapEvoError({
      code: 'DEVICE_INVALID',
      message: `expected a device such as cpu, webgpu or cuda:0, found "${name}"`,
      where: 'device',
      hint: 'name an execution provider of ONNX Runtime, with :index where there are several devices',
    });
  }
  const [, provider = '', index = '0'] = match;
  return { name, provider, index: Number(index), ...(threads === undefined ? {} : { threads }) };
}
