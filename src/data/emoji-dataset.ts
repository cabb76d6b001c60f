import type { CaptionedImage } from './captioned-image.js';
import { writeCaptions } from './emoji-captions.js';
import { emojiFamily, isHeldOutFamily } from './emoji-family.js';
import { findNamesFacingRight, isMirrorable } from './emoji-mirroring.js';
import type { EmojiRecord } from './emoji-source.js';
import { readEmojiSource } from './emoji-source.js';
import { groupBy } from './group-by.js';

export type Split = 'train' | 'held-out';

/**
 * Its id is its code points in hexadecimal, joined by `-`; its main caption is unlike any other's; its picture is a 64x64 PNG with
 * transparency; its weight is one over the root of its family's size, so that n alike emoji count as sqrt(n).
 */
export interface EmojiItem extends CaptionedImage {
  readonly name: string;
  readonly category: string;
  readonly subcategory: string;
  /** Emoji drawn alike; a family is on one side of the split. */
  readonly family: string;
  readonly split: Split;
}

/**
 * Base emoji as Twemoji draws them: no skin-tone variants; no country flags, of which there are 262, a sixth of the set, with names
 * that say nothing of what they show; and one picture of each family silhouette, which the rest repeat pixel by pixel.
 * Ordered by id, the same on every machine.
 * @throws DataError when one of the two npm packages is missing
 */
export function loadEmojiDataset(): EmojiItem[] {
  const records = readEmojiSource().filter(isIncluded);
  const captions = writeCaptions(records);
  const families = records.map(emojiFamily);
  const byFamily = groupBy(families, (family) => family);
  const namesFacingRight = findNamesFacingRight(records);
  return records.map((record, i) => {
    const { id, name, category, subcategory, imagePath } = record;
    const family = families[i] ?? name;
    return {
      id,
      name,
      captions: captions[i] ?? [name],
      category,
      subcategory,
      family,
      split: isHeldOutFamily(family) ? 'held-out' : 'train',
      weight: 1 / Math.sqrt(byFamily.get(family)?.length ?? 1),
      mirrorable: isMirrorable(record, namesFacingRight),
      imagePath,
    };
  });
}

function isIncluded({ name, subcategory }: EmojiRecord): boolean {
  if (['skin-tone', 'country-flag', 'subdivision-flag'].includes(subcategory)) return false;
  return !(name === 'family' || (name.startsWith('family: ') && subcategory === 'family'));
}
