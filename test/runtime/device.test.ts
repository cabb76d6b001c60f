import { describe, expect, it } from 'vitest';
import { parseDevice } from '../../src/runtime/device.js';

describe('a device', () => {
  it.each([
    ['cpu', { name: 'cpu', provider: 'cpu', index: 0 }],
    ['webgpu', { name: 'webgpu', provider: 'webgpu', index: 0 }],
    ['cuda', { name: 'cuda', provider: 'cuda', index: 0 }],
    ['cuda:12', { name: 'cuda:12', provider: 'cuda', index: 12 }],
  ])('is read from %s', (name, device) => {
    expect(parseDevice(name)).toEqual(device);
  });

  it('has the threads it is given', () => {
    expect(parseDevice('cpu', 3)).toEqual({ name: 'cpu', provider: 'cpu', index: 0, threads: 3 });
  });

  it.each(['', 'CPU', 'cuda:', 'cuda:x', 'cuda:-1', 'cuda:1.5', ':1', 'cuda 1', ' cpu', 'cuda:1:2', '3d'])(
    'is not read from "%s"',
    (name) => {
      expect(() => parseDevice(name)).toThrow(
        expect.objectContaining({ code: 'DEVICE_INVALID', where: 'device', fault: 'user' }),
      );
      expect(() => parseDevice(name)).toThrow(`found "${name}"`);
    },
  );

  it.each(['cpu:0', 'cpu:3', 'webgpu:1'])(
    'is not read from "%s", whose index would have no effect',
    (name) => {
      expect(() => parseDevice(name)).toThrow(expect.objectContaining({ code: 'DEVICE_INVALID' }));
    },
  );
});
