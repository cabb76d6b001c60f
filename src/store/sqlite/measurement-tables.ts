import type { Database, Statement } from 'better-sqlite3';
import type {
  ImageScore,
  LatencyEntry,
  LatencyMethod,
  LatencyTableKey,
  ScoreKey,
} from '../measurement-records.js';
import { imageScoreLayout, latencyEntryLayout } from './record-layouts.js';
import { RecordTable, sealedColumns } from './record-table.js';

type ScoreSetKey = [string, string, string];
type TableKey = [number, string, string, number, number, number, number];

function toScoreSetKey({ architectureHash, weightsHash, scorerHash }: ScoreKey): ScoreSetKey {
  return [architectureHash, weightsHash, scorerHash];
}

function toTableKey(key: LatencyTableKey): TableKey {
  const { protocol, deviceFingerprint, dtype, batchSize, latentHeight, latentWidth, contextLength } = key;
  return [protocol, deviceFingerprint, dtype, batchSize, latentHeight, latentWidth, contextLength];
}

/** What the checksums of the rows that all runs share vouch for, by table. */
export const sharedColumns = {
  [imageScoreLayout.table]: sealedColumns(imageScoreLayout),
  [latencyEntryLayout.table]: sealedColumns(latencyEntryLayout),
};

/** The scores of images, in sets of the same architecture, weights and scorer. */
export class ImageScoreTable {
  readonly #findSet: Statement<ScoreSetKey, number>;
  readonly #addSet: Statement<ScoreSetKey>;
  readonly #scores: RecordTable<ImageScore>;

  constructor(database: Database) {
    this.#findSet = database
      .prepare<ScoreSetKey, number>(
        'SELECT id FROM score_sets WHERE architecture_hash = ? AND weights_hash = ? AND scorer_hash = ?',
      )
      .pluck();
    this.#addSet = database.prepare(`INSERT INTO score_sets (architecture_hash, weights_hash, scorer_hash)
      VALUES (?, ?, ?) ON CONFLICT DO NOTHING`);
    this.#scores = new RecordTable(database, imageScoreLayout);
  }

  /** To be called within a transaction. */
  put(key: ScoreKey, scores: readonly ImageScore[]): void {
    this.#addSet.run(...toScoreSetKey(key));
    const setId = this.#findSet.get(...toScoreSetKey(key)) ?? 0;
    for (const score of scores) this.#scores.put(setId, score);
  }

  list(key: ScoreKey): readonly ImageScore[] {
    const setId = this.#findSet.get(...toScoreSetKey(key));
    return setId === undefined ? [] : this.#scores.list(setId);
  }
}

/** Latency tables by what makes them comparable, and their entries. */
export class LatencyTables {
  readonly #find: Statement<TableKey, number>;
  readonly #add: Statement<TableKey>;
  readonly #entries: RecordTable<LatencyEntry>;

  constructor(database: Database) {
    this.#find = database
      .prepare<TableKey, number>(
        `SELECT id FROM latency_tables WHERE protocol = ? AND device_fingerprint = ? AND dtype = ?
         AND batch_size = ? AND latent_height = ? AND latent_width = ? AND context_length = ?`,
      )
      .pluck();
    this.#add = database.prepare(`INSERT INTO latency_tables
      (protocol, device_fingerprint, dtype, batch_size, latent_height, latent_width, context_length)
      VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`);
    this.#entries = new RecordTable(database, latencyEntryLayout);
  }

  /** To be called within a transaction. */
  put(key: LatencyTableKey, entry: LatencyEntry): void {
    this.#add.run(...toTableKey(key));
    this.#entries.put(this.#find.get(...toTableKey(key)) ?? 0, entry);
  }

  find(key: LatencyTableKey, subject: string, method: LatencyMethod): LatencyEntry | undefined {
    const id = this.#find.get(...toTableKey(key));
    return id === undefined ? undefined : this.#entries.list(id, { subject, method })[0];
  }

  list(key: LatencyTableKey): readonly LatencyEntry[] {
    const id = this.#find.get(...toTableKey(key));
    return id === undefined ? [] : this.#entries.list(id);
  }
}
