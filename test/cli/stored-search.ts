import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { searchOptions } from '../../src/cli/compose/search-options.js';
import { checkpointRecord } from '../../src/cli/compose/trained-weights.js';
import { conductSearch, type SearchParts } from '../../src/cli/search-run/conduct-search.js';
import { SearchDisplay } from '../../src/cli/search-run/search-display.js';
import { SearchNarrator } from '../../src/cli/search-run/search-narrator.js';
import { createTerminal } from '../../src/cli/terminal/terminal.js';
import { loadConfig } from '../../src/config/load-config.js';
import { searchConfigSchema, type SearchConfig } from '../../src/config/search-config.js';
import type { SearchPorts } from '../../src/search/ports.js';
import type { Store } from '../../src/store/store.js';
import { smallUnet } from '../support/architectures.js';
import { MemoryJournal, portsInto } from '../support/search-fakes.js';
import { calmWorld, type World } from '../support/simulated-world.js';
import { RecordedStream } from './recorded-cli.js';

const tiny = fileURLToPath(new URL('./tiny/', import.meta.url));

/** Simulated weights in files that are named by the hash of what they hold, as training states are. */
class HashedWeights {
  readonly #folder: string | undefined;
  readonly #names = new Map<string, string>();

  constructor(folder: string | undefined) {
    this.#folder = folder;
    if (folder !== undefined) mkdirSync(folder, { recursive: true });
  }

  save(name: string): string {
    const reference = createHash('sha256').update(name).digest('hex');
    this.#names.set(reference, name);
    if (this.#folder !== undefined) writeFileSync(join(this.#folder, `${reference}.safetensors`), name);
    return reference;
  }

  nameOf(reference: string): string {
    return this.#names.get(reference) ?? '';
  }

  prune(needed: ReadonlySet<string>): void {
    if (this.#folder === undefined) return;
    for (const reference of this.#names.keys()) {
      if (!needed.has(reference)) rmSync(join(this.#folder, `${reference}.safetensors`), { force: true });
    }
  }

  within({ trainer, scorer, latencyMeter }: Omit<SearchPorts, 'journal'>): Omit<SearchPorts, 'journal'> {
    return {
      trainer: {
        train: async (request) => {
          const { weights, loss } = await trainer.train({
            ...request,
            weights: this.nameOf(request.weights),
          });
          return { weights: this.save(weights), loss };
        },
      },
      scorer: {
        score: (request) => scorer.score({ ...request, weights: this.nameOf(request.weights) }),
      },
      latencyMeter,
    };
  }
}

export function tinySearchConfig(): SearchConfig {
  return loadConfig(searchConfigSchema, 'search.yaml', { settings: [], currentFolder: tiny });
}

export interface SearchToStore {
  readonly world?: World;
  /** Where checkpoints go; nowhere when undefined. */
  readonly runFolder?: (runId: string) => string;
  /** Events after which it is interrupted. */
  readonly mostEvents?: number;
}

/** Stores a search in a simulated world as the program would have, and gives its id. */
export async function storeSearch(
  store: Store,
  { world = calmWorld, runFolder, mostEvents = Infinity }: SearchToStore = {},
): Promise<string> {
  const config = tinySearchConfig();
  const origin = { snapevoVersion: '1.2.3', deviceFingerprint: 'simulated', inputs: {} };
  const { id: runId } = store.createRun({ kind: 'search', name: 'tiny', config, ...origin });
  store.lockRun(runId);
  const folder = runFolder === undefined ? undefined : join(runFolder(runId), 'checkpoints');
  const weights = new HashedWeights(folder);
  const { journal: _, ...ports } = portsInto(world, new MemoryJournal());
  const controller = new AbortController();
  let events = 0;
  const parts: SearchParts = {
    options: searchOptions(config),
    original: smallUnet,
    savePretrained: () => weights.save('pretrained'),
    ports: weights.within(ports),
    countParameters: (canonicalForm) => canonicalForm.length,
    describeWeights: (reference, step) =>
      checkpointRecord({ sizeOf: () => weights.nameOf(reference).length }, reference, step),
    releaseWeights: (needed) => {
      weights.prune(needed);
      if (++events >= mostEvents) controller.abort();
    },
  };
  const streams = { output: new RecordedStream(), notes: new RecordedStream() };
  const terminal = createTerminal({ ...streams, environment: {}, elapsedMs: () => 0 });
  const display = new SearchDisplay(terminal.progress);
  const narrator = new SearchNarrator(terminal, runId, { asJson: false, scope: 'step' });
  const { outcome } = await conductSearch(parts, { store, runId }, { display, narrator }, controller.signal);
  store.endRun(runId, outcome);
  return runId;
}
