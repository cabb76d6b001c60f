import type { Database } from 'better-sqlite3';
import { checksumUpdate } from './row-checksum.js';

/** The columns of each table: the checksum of a row vouches for all of them. */
const vouchedFor: Readonly<Record<string, string>> = {
  runs: 'id kind name status status_note config snapevo_version device_fingerprint inputs created_at_ms updated_at_ms holder',
  events: 'run_id sequence at_ms event',
  states: 'run_id sequence state',
  rounds:
    'run_id round architecture_hash weights_hash latency_ms latency_ms_low latency_ms_high clip_score clip_score_low clip_score_high budget_ms budget_met',
  candidates:
    'run_id round action_kind block architecture_hash delta_clip delta_clip_low delta_clip_high delta_latency_ms delta_latency_ms_low delta_latency_ms_high value rank status reason image_count',
  architectures:
    'run_id round role hash canonical_form parameter_count weights_hash parent_hash measured_latency_ms measured_latency_ms_low measured_latency_ms_high predicted_latency_ms clip_score clip_score_low clip_score_high',
  actions: 'run_id action_index round kind blocks from_hash to_hash reason',
  checkpoints: 'run_id file sha256 size_bytes step kind',
  training_losses: 'run_id phase step loss learning_rate extras',
  metrics: 'run_id name value',
  image_scores: 'score_set_id caption_index seed score',
  latency_entries:
    'latency_table_id subject method samples_ms median_ms median_ms_low median_ms_high flags measured_at_ms',
  run_latencies:
    'run_id subject method samples_ms median_ms median_ms_low median_ms_high flags measured_at_ms',
};

/** Rows have a checksum of what they hold. Not those that are only keys: what isn't found by one is made anew. */
export function schema4(database: Database): void {
  for (const [table, columns] of Object.entries(vouchedFor)) {
    database.exec(`ALTER TABLE ${table} ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0`);
    database.exec(checksumUpdate(database, table, columns.split(' ')));
  }
}
