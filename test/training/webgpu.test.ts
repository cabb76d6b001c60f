import { describe, expect, it } from 'vitest';
import { parseDevice } from '../../src/runtime/device.js';
import { DeviceHost } from '../../src/runtime/device-host.js';
import { webGpuAvailable } from '../support/webgpu.js';
import { facts, original, trainGolden, type GoldenRun, type Trained } from './golden-training.js';

async function trainOn(device: string, run: GoldenRun, steps: number): Promise<Trained> {
  const host = new DeviceHost(parseDevice(device, 1));
  try {
    return await trainGolden(host, run, steps);
  } finally {
    await host.close();
  }
}

/** Norm of the difference of two sets of tensors, relative to that of the first. */
function relativeDistance(
  expected: ReadonlyMap<string, Float32Array>,
  found: ReadonlyMap<string, Float32Array>,
): number {
  let [square, squareOff] = [0, 0];
  for (const [name, data] of expected) {
    const other = found.get(name);
    data.forEach((value, i) => {
      square += value * value;
      squareOff += (value - (other?.[i] ?? Number.NaN)) ** 2;
    });
  }
  return Math.sqrt(squareOff / square);
}

describe.runIf(webGpuAvailable())('training on webgpu', () => {
  it.each([
    ['whole', undefined],
    ['with blocks left out', (step: number) => facts.robust.gates[step - 1] ?? {}],
  ] as const)('gives the losses and gradients of the CPU, %s', async (_, gates) => {
    const run = { architecture: original, stepsPerRun: 1, ...(gates === undefined ? {} : { gates }) };
    const [cpu, gpu] = [await trainOn('cpu', run, 1), await trainOn('webgpu', run, 1)];
    // After one step the first moment is the clipped gradient times 1 - beta1.
    expect(relativeDistance(cpu.state.moment1, gpu.state.moment1)).toBeLessThan(1e-3);
    const [loss, other] = [cpu.reports[0]?.loss ?? Number.NaN, gpu.reports[0]?.loss ?? Number.NaN];
    expect(Math.abs(other / loss - 1)).toBeLessThan(1e-3);
  });
});
