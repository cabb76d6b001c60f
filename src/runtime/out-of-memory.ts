import { SnapEvoError } from '../errors/snapevo-error.js';
import type { Device } from './device.js';

/** What ONNX Runtime's allocators, C++, drivers and V8 say where there is no memory left. */
const WORDS =
  /bad_alloc|failed to allocate memory|is smaller than requested bytes|out of memory|buffer allocation failed/i;

/** The error that says so, where another one was for want of memory: that of the device, of the machine, or what JavaScript may have of it. */
export function outOfMemory(error: unknown, device: Device): SnapEvoError | undefined {
  if (!(error instanceof Error) || !isOfMemory(error)) return undefined;
  return new SnapEvoError({
    code: 'DEVICE_OUT_OF_MEMORY',
    message: `expected memory for what the device computes, found too little: ${error.message}`,
    where: `device ${device.name}`,
    hint: 'end other programs, or allow JavaScript more with NODE_OPTIONS=--max-old-space-size=MEGABYTES, and go on with `snapevo resume`; a smaller batch needs less',
    cause: error,
  });
}

function isOfMemory(error: Error): boolean {
  const code = 'code' in error ? error.code : undefined;
  return code === 'ERR_WORKER_OUT_OF_MEMORY' || WORDS.test(error.message);
}
