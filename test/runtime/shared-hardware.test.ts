import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDevice } from '../../src/runtime/device.js';
import { sharesHardware, wavesOfDevices } from '../../src/runtime/shared-hardware.js';

const names = ['cpu', 'webgpu', 'cuda:0', 'cuda:1', 'tensorrt:0', 'tensorrt:1'];
const someDevices = fc.array(
  fc
    .record({ name: fc.constantFrom(...names), threads: fc.constantFrom(undefined, 1, 2) })
    .map(({ name, threads }) => parseDevice(name, threads)),
);

describe('devices measured at once', () => {
  it.each([
    ['cpu', 'cpu', true],
    ['cpu', 'webgpu', true],
    ['cuda:0', 'webgpu', true],
    ['cpu', 'cuda:0', false],
    ['cuda:0', 'cuda:1', false],
    ['cuda:0', 'tensorrt', true],
  ])('%s and %s share hardware: %s', (one, other, shared) => {
    expect(sharesHardware(parseDevice(one, 1), parseDevice(other, 2))).toBe(shared);
    expect(sharesHardware(parseDevice(other, 2), parseDevice(one, 1))).toBe(shared);
  });

  it('are all there, each once, and none shares hardware with another of its wave', () => {
    fc.assert(
      fc.property(someDevices, (devices) => {
        const waves = wavesOfDevices(devices);
        expect(new Set(waves.flat())).toEqual(new Set(devices));
        expect(waves.flat()).toHaveLength(devices.length);
        for (const wave of waves) {
          for (const [at, device] of wave.entries()) {
            expect(wave.slice(at + 1).some((other) => sharesHardware(device, other))).toBe(false);
          }
        }
      }),
    );
  });

  it('wait for no more waves than they have to', () => {
    const waves = wavesOfDevices(['cpu', 'cuda:0', 'webgpu', 'cuda:1'].map((name) => parseDevice(name)));
    expect(waves.map((wave) => wave.map(({ name }) => name))).toEqual([
      ['cpu', 'cuda:0', 'cuda:1'],
      ['webgpu'],
    ]);
  });
});
