import { statSync } from 'node:fs';
import { loadCocoCaptions } from './coco.js';
import { loadImageFolder } from './image-folder.js';
import { readLines } from './read-lines.js';

/**
 * Prompts in their order: the lines of a text file, blank ones aside; the first caption of each picture of a COCO caption file
 * (`.json`); or the captions of a folder in Hugging Face's imagefolder convention.
 * @throws DataError when it can't be read, is malformed or holds no prompt
 */
export function loadCaptionList(path: string): string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    return loadImageFolder(path).map(({ captions: [main] }) => main);
  }
  return path.endsWith('.json') ? loadCocoCaptions(path) : readLines(path).map(({ text }) => text);
}
