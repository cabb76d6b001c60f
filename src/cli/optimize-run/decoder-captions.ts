import type { LatentUse } from '../../compression/decoder-latents.js';
import type { OptimizeConfig } from '../../config/optimize-config.js';
import { everyScoringCaption } from '../compose/scoring-captions.js';
import { trainingPictures } from '../compose/training-pictures.js';

/** What a decoder's latents are made of. */
export interface DecoderCaptions extends Readonly<Record<LatentUse, readonly string[]>> {
  /** How many of the held-out captions are of no picture that is trained on: all of them, or none where there are no others. */
  readonly unseen: number;
}

/**
 * Latents are learnt from that are made of the main captions of what is trained on; figures are of others, one for each of the held-out latents as far
 * as there are so many. A text that any training picture has among its captions, whatever its case and spaces, is not one of those; where every caption is, the
 * figures are of these, and differ from what was learnt from by their noise alone.
 * @throws DataError; SnapEvoError `PICTURES_FOLDER_MISSING`
 */
export function decoderCaptions({
  decoder,
  evaluation,
  training,
}: Pick<OptimizeConfig, 'decoder' | 'evaluation' | 'training'>): DecoderCaptions {
  const pictures = trainingPictures(training.pictures);
  const seen = new Set(pictures.flatMap(({ captions }) => captions.map(asRead)));
  const others = [...new Set(everyScoringCaption({ ...evaluation, split: 'held-out' }))];
  const unseen = others.filter((caption) => !seen.has(asRead(caption))).slice(0, decoder.heldOutLatents);
  return {
    training: pictures.map(({ captions: [main] }) => main),
    heldOut: unseen.length > 0 ? unseen : others.slice(0, decoder.heldOutLatents),
    unseen: unseen.length,
  };
}

/** As CLIP's tokenizer reads a text: to it, neither case nor the number of spaces makes a difference. */
const asRead = (text: string): string => text.normalize('NFC').toLowerCase().trim().replace(/\s+/g, ' ');
