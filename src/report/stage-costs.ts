/** What the blocks of a stage cost in one step of a UNet. */
export interface StageCost {
  readonly stage: string;
  /** All cross-attention blocks of the stage together; 0 where it has none. */
  readonly attentionMs: number;
  readonly resnetMs: number;
}
