import type { Architecture } from '../architecture/architecture.js';
import type { Weights } from '../model/parameters.js';
import type { UNetConfig } from '../model/unet-config.js';
import type { DeviceHost } from '../runtime/device-host.js';
import { UNetSession, type UNetExtents, type UNetPass } from './unet-session.js';

/** Gives the UNet's weights, by diffusers' names, of a reference such as a checkpoint's hash. */
export type LoadWeights = (reference: string) => Promise<Weights>;

export interface UNetSessionsOptions {
  readonly host: DeviceHost;
  readonly config: UNetConfig;
  readonly loadWeights: LoadWeights;
  readonly extents: UNetExtents;
  /** Sessions kept at a time, each with a copy of the weights. */
  readonly capacity: number;
}

interface Entry {
  readonly weights: string;
  readonly session: UNetSession;
}

/**
 * UNet sessions on a device, loaded when first asked for. All removals and restorings of a round share one; only other
 * weights or a further copied block need another. The least recently used one makes room. To be asked one thing at a time.
 */
export class UNetSessions {
  readonly #options: UNetSessionsOptions;
  #entries: readonly Entry[] = [];

  constructor(options: UNetSessionsOptions) {
    this.#options = options;
  }

  /** The forward pass of an architecture on weights, good until the next call. Throws as `UNetSession.create` does. */
  async passOf(architecture: Architecture, weights: string): Promise<UNetPass> {
    const known = this.#entries.find(
      (entry) => entry.weights === weights && entry.session.canRun(architecture),
    );
    const entry = known ?? (await this.#open(architecture, weights));
    this.#entries = [entry, ...this.#entries.filter((each) => each !== entry)];
    return entry.session.passOf(architecture);
  }

  async release(): Promise<void> {
    await this.#shrinkTo(0);
  }

  async #open(architecture: Architecture, weights: string): Promise<Entry> {
    const { host, config, extents, loadWeights, capacity } = this.#options;
    const loaded = await loadWeights(weights);
    await this.#shrinkTo(capacity - 1);
    const session = await UNetSession.create(host, { config, architecture, extents }, loaded);
    return { weights, session };
  }

  async #shrinkTo(count: number): Promise<void> {
    const released = this.#entries.slice(count);
    this.#entries = this.#entries.slice(0, count);
    for (const { session } of released) await session.release();
  }
}
