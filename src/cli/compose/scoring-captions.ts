import { loadCaptionList } from '../../data/caption-list.js';
import type { CaptionedImage } from '../../data/captioned-image.js';
import { loadEmojiDataset, type EmojiItem, type Split } from '../../data/emoji-dataset.js';
import { packImages } from '../../data/packed-images.js';
import { stableHash } from '../../data/stable-hash.js';
import { validationItems } from '../../data/validation-items.js';
import type { CaptionedSet } from '../../evaluation/evaluate-pipeline.js';
import { unpackPictures } from '../../evaluation/picture.js';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { trainingPictures } from './training-pictures.js';

/** Where captions come from: a file, or a part of the emoji set. */
export interface CaptionSource {
  /** One a line; null for the emoji set. */
  readonly captions: string | null;
  readonly split: Split;
}

/**
 * The captions that models are scored by.
 * @throws SnapEvoError `CAPTIONS_TOO_FEW`; `DataError`
 */
export function scoringCaptions({ captions: file, split }: CaptionSource, count: number): readonly string[] {
  const captions = everyScoringCaption({ captions: file, split }).slice(0, count);
  if (captions.length === count) return captions;
  throw new SnapEvoError({
    code: 'CAPTIONS_TOO_FEW',
    message: `expected ${count} captions, found ${captions.length}`,
    where: file ?? `the emoji set, ${split}`,
    hint: 'Ask for fewer, or name a longer list.',
  });
}

/** Every caption that models could be scored by, in the order of {@link scoringCaptions}. Throws `DataError`. */
export function everyScoringCaption({ captions: file, split }: CaptionSource): readonly string[] {
  return file === null ? emojiCaptions(split) : loadCaptionList(file);
}

/**
 * The captions of a search. Candidates race on the first of them, which have to stand for all: those of a file, however it is sorted, come in
 * a fixed random order. Errors as {@link scoringCaptions}.
 */
export function searchCaptions(source: CaptionSource, count: number): readonly string[] {
  const captions = scoringCaptions(source, count);
  if (source.captions === null) return captions;
  const places = captions.map((caption, index) => ({ caption, place: stableHash(`${index}/${caption}`) }));
  return places.toSorted((one, other) => one.place - other.place).map(({ caption }) => caption);
}

function emojiCaptions(split: Split): readonly string[] {
  const items = emojiOf(split);
  return validationItems(items, items.length).map(({ captions: [main] }) => main);
}

/** Pictures of the emoji set with their main captions: those that {@link scoringCaptions} gives, as far as there are so many. Throws `DataError`. */
export async function emojiSet(split: Split, count: number, side: number): Promise<CaptionedSet> {
  return packed(validationItems(emojiOf(split), count), side);
}

async function packed(items: readonly CaptionedImage[], side: number): Promise<CaptionedSet> {
  const images = await packImages(
    items.map(({ imagePath }) => imagePath),
    side,
  );
  return { pictures: unpackPictures(images), captions: items.map(({ captions: [main] }) => main) };
}

/** The first pictures of a folder with their main captions. @param source.captionColumn `text` unless told otherwise. Throws `DataError`, and SnapEvoError as `trainingPictures`. */
export async function pictureSet(
  source: {
    readonly folder: string | null;
    readonly annotations: string | null;
    readonly captionColumn?: string;
  },
  count: number,
  side: number,
): Promise<CaptionedSet> {
  const items = trainingPictures({ captionColumn: 'text', ...source, mirrorable: false }).slice(0, count);
  return packed(items, side);
}

function emojiOf(split: Split): readonly EmojiItem[] {
  return loadEmojiDataset().filter((item) => item.split === split);
}
