import { DeviceHost } from '../../runtime/device-host.js';
import type { Device } from '../../runtime/device.js';

/** A device's worker for as long as the work takes. */
export async function withDevice<T>(device: Device, work: (host: DeviceHost) => Promise<T>): Promise<T> {
  const host = new DeviceHost(device);
  try {
    return await work(host);
  } finally {
    await host.close();
  }
}
