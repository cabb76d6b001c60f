/**
 * The first schema. Migrations are history: once released, this text never changes, and whatever comes later is a migration of its own.
 */
export const schema1 = `
CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  status TEXT NOT NULL,
  status_note TEXT NOT NULL,
  config TEXT NOT NULL,
  snapevo_version TEXT NOT NULL,
  device_fingerprint TEXT NOT NULL,
  pipeline_hash TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  holder TEXT NOT NULL
) STRICT;

CREATE TABLE events (
  run_id TEXT NOT NULL REFERENCES runs (id),
  sequence INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  event TEXT NOT NULL,
  PRIMARY KEY (run_id, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE states (
  run_id TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL,
  state TEXT NOT NULL,
  FOREIGN KEY (run_id, sequence) REFERENCES events (run_id, sequence)
) STRICT;

CREATE TABLE rounds (
  run_id TEXT NOT NULL REFERENCES runs (id),
  round INTEGER NOT NULL,
  architecture_hash TEXT NOT NULL,
  weights_hash TEXT,
  latency_ms REAL, latency_ms_low REAL, latency_ms_high REAL,
  clip_score REAL, clip_score_low REAL, clip_score_high REAL,
  budget_ms REAL NOT NULL,
  budget_met INTEGER NOT NULL,
  PRIMARY KEY (run_id, round)
) STRICT;

CREATE TABLE candidates (
  run_id TEXT NOT NULL REFERENCES runs (id),
  round INTEGER NOT NULL,
  action_kind TEXT NOT NULL,
  block TEXT NOT NULL,
  architecture_hash TEXT NOT NULL,
  delta_clip REAL, delta_clip_low REAL, delta_clip_high REAL,
  delta_latency_ms REAL, delta_latency_ms_low REAL, delta_latency_ms_high REAL,
  value REAL,
  rank INTEGER,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  image_count INTEGER NOT NULL,
  PRIMARY KEY (run_id, round, action_kind, block)
) STRICT;

CREATE TABLE architectures (
  id INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES runs (id),
  round INTEGER NOT NULL,
  role TEXT NOT NULL,
  hash TEXT NOT NULL,
  canonical_form TEXT NOT NULL,
  parameter_count INTEGER NOT NULL,
  weights_hash TEXT,
  parent_hash TEXT,
  measured_latency_ms REAL, measured_latency_ms_low REAL, measured_latency_ms_high REAL,
  predicted_latency_ms REAL,
  clip_score REAL, clip_score_low REAL, clip_score_high REAL,
  UNIQUE (run_id, round, role, hash)
) STRICT;

CREATE TABLE actions (
  run_id TEXT NOT NULL REFERENCES runs (id),
  action_index INTEGER NOT NULL,
  round INTEGER NOT NULL,
  kind TEXT NOT NULL,
  blocks TEXT NOT NULL,
  from_hash TEXT NOT NULL,
  to_hash TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (run_id, action_index)
) STRICT;

CREATE TABLE checkpoints (
  run_id TEXT NOT NULL REFERENCES runs (id),
  file TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  step INTEGER NOT NULL,
  kind TEXT NOT NULL,
  PRIMARY KEY (run_id, file)
) STRICT;

CREATE TABLE training_losses (
  run_id TEXT NOT NULL REFERENCES runs (id),
  phase TEXT NOT NULL,
  step INTEGER NOT NULL,
  loss REAL NOT NULL,
  learning_rate REAL NOT NULL,
  extras TEXT NOT NULL,
  PRIMARY KEY (run_id, phase, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE metrics (
  run_id TEXT NOT NULL REFERENCES runs (id),
  name TEXT NOT NULL,
  value REAL NOT NULL,
  PRIMARY KEY (run_id, name)
) STRICT;

CREATE TABLE score_sets (
  id INTEGER PRIMARY KEY,
  architecture_hash TEXT NOT NULL,
  weights_hash TEXT NOT NULL,
  scorer_hash TEXT NOT NULL,
  UNIQUE (architecture_hash, weights_hash, scorer_hash)
) STRICT;

CREATE TABLE image_scores (
  score_set_id INTEGER NOT NULL REFERENCES score_sets (id),
  caption_index INTEGER NOT NULL,
  seed INTEGER NOT NULL,
  score REAL NOT NULL,
  PRIMARY KEY (score_set_id, caption_index, seed)
) STRICT, WITHOUT ROWID;

CREATE TABLE latency_tables (
  id INTEGER PRIMARY KEY,
  device_fingerprint TEXT NOT NULL,
  dtype TEXT NOT NULL,
  batch_size INTEGER NOT NULL,
  latent_height INTEGER NOT NULL,
  latent_width INTEGER NOT NULL,
  context_length INTEGER NOT NULL,
  UNIQUE (device_fingerprint, dtype, batch_size, latent_height, latent_width, context_length)
) STRICT;

CREATE TABLE latency_entries (
  latency_table_id INTEGER NOT NULL REFERENCES latency_tables (id),
  subject TEXT NOT NULL,
  method TEXT NOT NULL,
  samples_ms TEXT NOT NULL,
  median_ms REAL NOT NULL, median_ms_low REAL NOT NULL, median_ms_high REAL NOT NULL,
  flags TEXT NOT NULL,
  measured_at_ms INTEGER NOT NULL,
  PRIMARY KEY (latency_table_id, subject, method)
) STRICT;
`;
