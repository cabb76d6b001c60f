import type { SearchPorts } from '../../src/search/ports.js';
import type { SearchParts } from '../../src/cli/search-run/conduct-search.js';

/** Weights as files: those that were released are gone, and whoever asks for them finds out. */
export class KeptWeights {
  readonly #kept = new Set<string>();
  /** References that were asked for after a later one had been made: the best, and what the search began with. */
  readonly revisited = new Set<string>();
  #newest = '';

  get references(): readonly string[] {
    return [...this.#kept];
  }

  /** What a search works with, on these weights. */
  within(
    ports: Omit<SearchPorts, 'journal'>,
  ): Pick<SearchParts, 'savePretrained' | 'ports' | 'describeWeights' | 'releaseWeights'> {
    return {
      savePretrained: () => this.#add('pretrained'),
      ports: this.#checked(ports),
      describeWeights: (reference, step) => {
        this.#require(reference);
        return { file: `checkpoints/${reference}`, sha256: reference, sizeBytes: 1, step, kind: 'simulated' };
      },
      releaseWeights: (needed) => {
        for (const reference of this.#kept) if (!needed.has(reference)) this.#kept.delete(reference);
      },
    };
  }

  #checked({ trainer, scorer, latencyMeter }: Omit<SearchPorts, 'journal'>): Omit<SearchPorts, 'journal'> {
    return {
      trainer: {
        train: async (request) => {
          this.#require(request.weights);
          const result = await trainer.train(request);
          this.#add(result.weights);
          return result;
        },
      },
      scorer: {
        score: async (request) => {
          this.#require(request.weights);
          return scorer.score(request);
        },
      },
      latencyMeter,
    };
  }

  #add(reference: string): string {
    this.#kept.add(reference);
    this.#newest = reference;
    return reference;
  }

  #require(reference: string): void {
    if (!this.#kept.has(reference)) throw new Error(`the weights ${reference} were released`);
    if (reference !== this.#newest) this.revisited.add(reference);
  }
}
