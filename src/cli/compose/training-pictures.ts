import type { SearchConfig } from '../../config/search-config.js';
import type { CaptionedImage } from '../../data/captioned-image.js';
import { loadCocoImages } from '../../data/coco.js';
import { loadEmojiDataset } from '../../data/emoji-dataset.js';
import { loadImageFolder } from '../../data/image-folder.js';
import { SnapEvoError } from '../../errors/snapevo-error.js';

/** The pictures that a config trains on. Throws `DataError` and SnapEvoError `PICTURES_FOLDER_MISSING`. */
export function trainingPictures({
  folder,
  annotations,
  captionColumn,
  mirrorable,
}: SearchConfig['training']['pictures']): readonly CaptionedImage[] {
  if (annotations !== null) return loadCocoImages(annotations, requireFolder(folder), { mirrorable });
  if (folder !== null) return loadImageFolder(folder, { captionColumn, mirrorable });
  return loadEmojiDataset().filter(({ split }) => split === 'train');
}

function requireFolder(folder: string | null): string {
  if (folder !== null) return folder;
  throw new SnapEvoError({
    code: 'PICTURES_FOLDER_MISSING',
    message: 'expected the folder of the pictures that the annotations are on, found none',
    where: 'pictures.annotations',
    hint: 'set pictures.folder as well',
  });
}
