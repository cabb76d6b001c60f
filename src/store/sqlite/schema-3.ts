/**
 * A latency table says by which protocol it was measured; 0 is what nobody uses, of those that did not say. A run keeps
 * the measurements it goes by.
 */
export const schema3 = `
CREATE TABLE newer_latency_tables (
  id INTEGER PRIMARY KEY,
  protocol INTEGER NOT NULL,
  device_fingerprint TEXT NOT NULL,
  dtype TEXT NOT NULL,
  batch_size INTEGER NOT NULL,
  latent_height INTEGER NOT NULL,
  latent_width INTEGER NOT NULL,
  context_length INTEGER NOT NULL,
  UNIQUE (protocol, device_fingerprint, dtype, batch_size, latent_height, latent_width, context_length)
) STRICT;
INSERT INTO newer_latency_tables
  SELECT id, 0, device_fingerprint, dtype, batch_size, latent_height, latent_width, context_length FROM latency_tables;
DROP TABLE latency_tables;
ALTER TABLE newer_latency_tables RENAME TO latency_tables;

CREATE TABLE run_latencies (
  run_id TEXT NOT NULL REFERENCES runs (id),
  subject TEXT NOT NULL,
  method TEXT NOT NULL,
  samples_ms TEXT NOT NULL,
  median_ms REAL NOT NULL, median_ms_low REAL NOT NULL, median_ms_high REAL NOT NULL,
  flags TEXT NOT NULL,
  measured_at_ms INTEGER NOT NULL,
  PRIMARY KEY (run_id, subject, method)
) STRICT;
`;
