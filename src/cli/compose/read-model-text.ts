import { MAX_CONFIG_BYTES, readText } from '../../files/read-text.js';
import { SnapEvoError } from '../../errors/snapevo-error.js';

/**
 * A small text file of a model's folder.
 * @throws SnapEvoError `MODEL_UNREADABLE`
 */
export function readModelText(path: string): string {
  try {
    return readText(path, MAX_CONFIG_BYTES);
  } catch (cause) {
    throw new SnapEvoError({
      code: 'MODEL_UNREADABLE',
      message: `expected a file of the model, found none that can be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      where: path,
      hint: 'Point to a folder that save_pretrained wrote.',
      cause,
    });
  }
}
