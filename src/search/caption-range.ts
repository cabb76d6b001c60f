/** Indices of captions, `to` excluded. */
export interface CaptionRange {
  readonly from: number;
  readonly to: number;
}
