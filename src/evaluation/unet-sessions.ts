import type { Architecture } from '../architecture/architecture.js';
import type { Weights } from '../model/parameters.js';
import type { UNetConfig } from '../model/unet-config.js';
import type { SessionHost } from '../runtime/device-host.js';
import { allOver, Turns } from '../runtime/turns.js';
import { UNetSession, type UNetExtents, type UNetPass } from './unet-session.js';

/** A UNet's weights, by diffusers' names. */
export interface LoadedWeights {
  readonly weights: Weights;
  /** For weights in a file that is kept until then: once no session runs on them any more. */
  readonly giveBack?: () => void;
}

/** Gives the UNet's weights of a reference such as a checkpoint's hash. */
export type LoadWeights = (reference: string) => Promise<LoadedWeights>;

export interface UNetSessionsOptions {
  readonly host: SessionHost;
  readonly config: UNetConfig;
  readonly loadWeights: LoadWeights;
  readonly extents: UNetExtents;
  /** Sessions kept at a time, each with a copy of weights that were in memory. */
  readonly capacity: number;
}

interface Entry {
  readonly weights: string;
  readonly session: UNetSession;
  readonly giveBack: (() => void) | undefined;
  /** Resolves when whoever has run on it so far is done; never rejects. */
  idle: Promise<void>;
}

/**
 * UNet sessions on a device, loaded when first asked for. All removals and restorings of a round share one; only other
 * weights or a further copied block need another. The least recently used one makes room, once nobody runs on it any more; one on weights in a
 * file, as soon as other weights are asked for: it is opened again in no time, and the file may be wanted gone.
 */
export class UNetSessions {
  readonly #options: UNetSessionsOptions;
  #entries: readonly Entry[] = [];
  /** To find or open a session. */
  readonly #turns = new Turns();

  constructor(options: UNetSessionsOptions) {
    this.#options = options;
  }

  /**
   * Has `use` run an architecture on weights; the session stays until it is done. Several may run at a time, but none may ask for another within.
   * @param signal looked at before anything is loaded
   * @throws the signal's reason; as `UNetSession.create` and `use` do
   */
  async withPass<Result>(
    architecture: Architecture,
    weights: string,
    use: (pass: UNetPass) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    const { running } = await this.#turns.take(async () => {
      signal?.throwIfAborted();
      const entry = await this.#entryFor(architecture, weights);
      const running = use(entry.session.passOf(architecture));
      entry.idle = allOver([entry.idle, running]);
      return { running };
    });
    return running;
  }

  /** Frees all, once nobody runs on them any more; what is asked for afterwards is loaded anew. */
  async release(): Promise<void> {
    await this.#turns.take(() => this.#keep([]));
  }

  async #entryFor(architecture: Architecture, weights: string): Promise<Entry> {
    const known = this.#entries.find(
      (entry) => entry.weights === weights && entry.session.canRun(architecture),
    );
    const entry = known ?? (await this.#open(architecture, weights));
    this.#entries = [entry, ...this.#entries.filter((each) => each !== entry)];
    return entry;
  }

  async #open(architecture: Architecture, weights: string): Promise<Entry> {
    const { host, config, extents, loadWeights, capacity } = this.#options;
    const isKept = (entry: Entry): boolean => entry.weights === weights || entry.giveBack === undefined;
    await this.#keep(this.#entries.filter(isKept));
    const { weights: loaded, giveBack } = await loadWeights(weights);
    try {
      await this.#keep(this.#entries.slice(0, capacity - 1));
      const session = await UNetSession.create(host, { config, architecture, extents }, loaded);
      return { weights, session, giveBack, idle: Promise.resolve() };
    } catch (error) {
      giveBack?.();
      throw error;
    }
  }

  async #keep(kept: readonly Entry[]): Promise<void> {
    const released = this.#entries.filter((entry) => !kept.includes(entry));
    this.#entries = kept;
    for (const { session, giveBack, idle } of released) {
      await idle;
      await session.release().finally(giveBack);
    }
  }
}
