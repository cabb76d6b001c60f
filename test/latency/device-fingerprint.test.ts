import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  describeDevice,
  deviceFingerprint,
  type DeviceDescription,
} from '../../src/latency/device-fingerprint.js';
import { parseDevice } from '../../src/runtime/device.js';

const laptop: DeviceDescription = {
  provider: 'cpu',
  device: 'cpu',
  accelerator: '',
  cpuModel: 'AMD EPYC',
  cores: 2,
  threads: 'default',
  processors: [],
  runtimeVersion: '1.30.0',
  platform: 'linux',
  architecture: 'x64',
};

describe('a device’s fingerprint', () => {
  test('can be read', () => {
    expect(deviceFingerprint(laptop)).toBe(
      'cpu; AMD EPYC; 2 cores; default threads; onnxruntime 1.30.0; linux x64',
    );
  });

  test.each<Partial<DeviceDescription>>([
    { provider: 'webgpu' },
    { device: 'cuda:1' },
    { accelerator: 'NVIDIA H100' },
    { cpuModel: 'AMD EPYC 9' },
    { cores: 4 },
    { threads: 2 },
    { processors: [1] },
    { runtimeVersion: '1.31.0' },
    { platform: 'darwin' },
    { architecture: 'arm64' },
  ])('changes with %o', (change) => {
    const changed = deviceFingerprint({ ...laptop, ...change });
    expect(changed).not.toBe(deviceFingerprint(laptop));
  });

  test('is one line, and no field runs into the next', () => {
    const word = fc.string({ minLength: 1 }).map((text) => text.trim().replace(/\s+/g, ' '));
    fc.assert(
      fc.property(word, word, word, word, (accelerator, cpuModel, otherAccelerator, otherModel) => {
        const one = deviceFingerprint({ ...laptop, accelerator, cpuModel });
        const other = deviceFingerprint({ ...laptop, accelerator: otherAccelerator, cpuModel: otherModel });
        expect(one).not.toContain('\n');
        expect(one === other).toBe(accelerator === otherAccelerator && cpuModel === otherModel);
      }),
    );
  });

  test('is of this machine', () => {
    const device = parseDevice('cpu', 3);
    const description = describeDevice(device, { version: '1.30.0' });
    expect(description).toMatchObject({
      provider: 'cpu',
      threads: 3,
      platform: process.platform,
      accelerator: '',
    });
    expect(description.cores).toBeGreaterThan(0);
    expect(describeDevice(parseDevice('cpu'), { version: '1' }).threads).toBe('default');
  });
});
