/** A file of the run's directory, as it was when it had been written whole; keyed by `file`. */
export interface CheckpointRecord {
  /** Path within the run's directory, with forward slashes. */
  readonly file: string;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Training steps done when it was taken. */
  readonly step: number;
  /** What the file holds, e.g. `unet-training-state`. */
  readonly kind: string;
}

/** One training step's loss, keyed by `phase` and `step`. */
export interface TrainingLoss {
  /** Which training of the run, e.g. `vae`, `unet`, `robust`, `fine-tune`. */
  readonly phase: string;
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
  /** Anything else worth plotting, by name: gradient norm, blocks skipped, seconds. */
  readonly extras: Readonly<Record<string, number>>;
}
