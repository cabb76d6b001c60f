/** What a picture may be called; never empty. */
export type Captions = readonly [main: string, ...variants: string[]];

/** A picture to train on, whatever data set it is from. */
export interface CaptionedImage {
  /** Unlike any other's in the set. */
  readonly id: string;
  readonly imagePath: string;
  readonly captions: Captions;
  /** How often it is drawn, in proportion to the others' weights. */
  readonly weight: number;
  /** Whether its mirror image fits its captions too. */
  readonly mirrorable: boolean;
}
