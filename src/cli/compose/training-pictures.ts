import type { SearchConfig } from '../../config/search-config.js';
import type { CaptionedImage } from '../../data/captioned-image.js';
import { loadEmojiDataset } from '../../data/emoji-dataset.js';
import { loadImageFolder } from '../../data/image-folder.js';

/** The pictures that a config trains on. Throws `DataError`. */
export function trainingPictures({
  folder,
  captionColumn,
  mirrorable,
}: SearchConfig['training']['pictures']): readonly CaptionedImage[] {
  if (folder !== null) return loadImageFolder(folder, { captionColumn, mirrorable });
  return loadEmojiDataset().filter(({ split }) => split === 'train');
}
