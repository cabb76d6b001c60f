import { tmpdir } from 'node:os';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { removeBlock } from '../../src/architecture/architecture.js';
import type { LatencyJob, LatencySettings } from '../../src/latency/latency-job.js';
import { DeviceLatencyMeter } from '../../src/latency/latency-meter.js';
import type { SessionHost } from '../../src/runtime/device-host.js';
import type { RemoteSession } from '../../src/runtime/device-host.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import type { Store } from '../../src/store/store.js';
import { protocol, SimulatedMachine } from './simulated-machine.js';
import { original, smallKey, smallUNet } from './small-unet.js';

export const settings: LatencySettings = {
  endToEnd: { ...protocol, timeLimitMs: 6_000 },
  alone: { ...protocol, timeLimitMs: 10_000 },
  profiling: { forwards: 8, warmUps: 2, maxKernels: 60_000 },
  differences: { timeLimitMs: 1 },
  calibration: { architectures: 3, timeLimitMs: 6_000 },
};
export const newStore = (): Store => new MemoryStore({ nowMs: () => 0, drawSuffix: () => 0 });
export const without = (...ids: string[]): typeof original => ids.reduce(removeBlock, original);

/** A device on which a session takes a tenth of a microsecond for each byte of its model, times the pace. */
export class SimulatedHost implements SessionHost {
  pace = 1;
  /** By the time that has passed. */
  slowdown: (atMs: number) => number = () => 1;
  opened = 0;
  open = 0;
  readonly machine = new SimulatedMachine<number>(
    ({ subject, atMs }) => (subject / 10_000) * this.pace * this.slowdown(atMs),
  );

  createSession(model: Uint8Array | string): Promise<RemoteSession> {
    this.opened += 1;
    this.open += 1;
    const refuse = (): Promise<never> => Promise.reject(new Error('not simulated'));
    return Promise.resolve({
      time: () => this.machine.time(model.length),
      release: () => {
        this.open -= 1;
        return Promise.resolve();
      },
      run: refuse,
      runEach: refuse,
      setResidents: refuse,
      getResidents: refuse,
    });
  }
}

export function jobOn(host: SimulatedHost, store: Store, changes: Partial<LatencyJob> = {}): LatencyJob {
  return {
    host,
    unet: smallUNet,
    key: smallKey,
    store,
    settings,
    clock: host.machine.clock,
    random: xoroshiro128plus(1),
    scratchFolder: tmpdir(),
    ...changes,
  };
}

export const meterOn = (job: LatencyJob): DeviceLatencyMeter => new DeviceLatencyMeter(job, 'simulated');
