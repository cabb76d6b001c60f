import { join } from 'node:path';
import { z } from 'zod';
import type { CaptionedImage } from './captioned-image.js';
import { describeFound } from '../errors/describe-found.js';
import { parseJson } from '../files/parse-json.js';
import { DataError, reasonOf } from './data-error.js';
import { pathInside } from './path-inside.js';
import type { Line } from './read-lines.js';
import { readLines } from './read-lines.js';

export interface ImageFolderOptions {
  /** Column of `metadata.jsonl` that has the caption; `text` unless told otherwise. */
  readonly captionColumn?: string;
  /** Whether all pictures fit their captions mirrored left to right; not unless told so. */
  readonly mirrorable?: boolean;
}

/**
 * Pictures and captions of a folder in Hugging Face's imagefolder convention: `metadata.jsonl` names in each line a picture of the
 * folder (`file_name`) and its caption. Links are followed, since the Hugging Face cache is made of them.
 * @throws DataError naming the line that is malformed, leads outside the folder or names no file
 */
export function loadImageFolder(folder: string, options: ImageFolderOptions = {}): CaptionedImage[] {
  const { captionColumn = 'text', mirrorable = false } = options;
  const path = join(folder, 'metadata.jsonl');
  return readLines(path).map((line) => {
    const where = `${path}:${line.number}`;
    const { fileName, caption } = parseLine(line, captionColumn, where);
    const imagePath = pathInside(folder, fileName, where);
    return { id: `${line.number}:${fileName}`, imagePath, captions: [caption], weight: 1, mirrorable };
  });
}

function parseLine(
  { text }: Line,
  captionColumn: string,
  where: string,
): { fileName: string; caption: string } {
  const row = z.record(z.string(), z.unknown()).safeParse(readJson(text, where));
  const fileName = row.data?.['file_name'];
  const caption = row.data?.[captionColumn];
  if (typeof fileName === 'string' && typeof caption === 'string')
    return { fileName, caption: caption.trim() };
  const missing = typeof fileName === 'string' ? captionColumn : 'file_name';
  const found = row.success ? describeFound(Object.keys(row.data)) : 'no object';
  throw new DataError('DATA_INVALID_LINE', `expected a text in "${missing}", found ${found}`, { where });
}

function readJson(text: string, where: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new DataError('DATA_INVALID_LINE', `is no JSON: ${reasonOf(cause)}`, { where, cause });
  }
}
