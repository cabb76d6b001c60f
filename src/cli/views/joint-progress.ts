import type { LatencyTableKey } from '../../latency/latency-records.js';
import type { UNetConfig } from '../../model/unet-config.js';
import type { Terminal } from '../terminal/terminal.js';
import { entryCount } from './latency-progress.js';

/** A count of timings over devices that are measured at once. */
export class JointProgress {
  readonly #progress: Terminal['progress'];
  #done = 0;

  /**
   * @param keys of the devices' tables, by what the user calls the devices
   * @param networks that each table is calibrated with
   */
  constructor(
    { progress }: Terminal,
    config: UNetConfig,
    keys: ReadonlyMap<string, LatencyTableKey>,
    networks: number,
  ) {
    this.#progress = progress;
    const total = [...keys.values()].reduce((sum, key) => sum + entryCount(config, key) + networks, 0);
    progress.start(`measuring on ${[...keys.keys()].join('; ')}, timings`, total);
  }

  add(): void {
    this.#done += 1;
    this.#progress.update(this.#done);
  }

  stop(): void {
    this.#progress.stop();
  }
}
