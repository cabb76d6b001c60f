import type { UNetConfig } from '../../model/unet-config.js';
import type { Terminal } from '../terminal/terminal.js';
import { entryCount, type TableMeasuring } from './latency-progress.js';

/** A count of timings over devices that are measured at once. */
export class JointProgress {
  readonly #progress: Terminal['progress'];
  #done = 0;

  constructor({ progress }: Terminal, config: UNetConfig, tables: readonly TableMeasuring[]) {
    this.#progress = progress;
    const total = tables.reduce((sum, table) => sum + entryCount(config, table), 0);
    progress.start(`measuring on ${tables.map(({ device }) => device).join('; ')}, timings`, total);
  }

  add(): void {
    this.#done += 1;
    this.#progress.update(this.#done);
  }

  stop(): void {
    this.#progress.stop();
  }
}
