import { z } from 'zod';
import { checkShape } from '../files/check-shape.js';
import { parseJson } from '../files/parse-json.js';
import type { CaptionedImage, Captions } from './captioned-image.js';
import { DataError, reasonOf } from './data-error.js';
import { groupBy } from './group-by.js';
import { pathInside } from './path-inside.js';
import { readData } from './read-lines.js';

/** Four millions of captions, with all that files say besides. */
const MAX_VALUES = 20_000_000;

const id = z.union([z.int(), z.string()]);
const imageSchema = z.object({ id, file_name: z.string().min(1) });
const annotationSchema = z.object({ image_id: id, caption: z.string() });
const schema = z.object({ images: z.array(z.unknown()), annotations: z.array(z.unknown()) });

/** A picture of a COCO caption file. */
interface CocoImage {
  readonly id: number | string;
  readonly fileName: string;
  /** In the file's order, trimmed. */
  readonly captions: Captions;
}

/**
 * Pictures of a folder with the captions that a COCO caption file (`captions_val2017.json`) gives them, each all of its own.
 * Pictures without captions are left out.
 * @throws DataError for a file that is malformed, says nothing, or names pictures that are not in the folder
 */
export function loadCocoImages(
  path: string,
  folder: string,
  { mirrorable = false }: { readonly mirrorable?: boolean } = {},
): CaptionedImage[] {
  return readCoco(path).map(({ id: imageId, fileName, captions }) => {
    const imagePath = pathInside(folder, fileName, `${path}, image ${imageId}`);
    return { id: String(imageId), imagePath, captions, weight: 1, mirrorable };
  });
}

/** The first caption of each picture of a COCO caption file. Errors as {@link loadCocoImages}. */
export function loadCocoCaptions(path: string): string[] {
  return readCoco(path).map(({ captions: [first] }) => first);
}

function readCoco(path: string): CocoImage[] {
  const { images, annotations } = parse(path);
  const byImage = groupBy(annotations, ({ image_id }) => image_id);
  const captioned = images.flatMap((image) => {
    const texts = (byImage.get(image.id) ?? []).map(({ caption }) => caption.trim());
    const [main, ...variants] = texts.filter((text) => text !== '');
    return main === undefined
      ? []
      : [{ id: image.id, fileName: image.file_name, captions: [main, ...variants] as const }];
  });
  if (captioned.length > 0) return captioned;
  throw new DataError('DATA_EMPTY', 'has no caption for any of its images', { where: path });
}

/** Row by row, since a file may be wrong in millions of them. */
function parse(path: string) {
  const { images, annotations } = check(schema, readJson(path), '', path);
  return {
    images: images.map((row, i) => check(imageSchema, row, `images.${i}.`, path)),
    annotations: annotations.map((row, i) => check(annotationSchema, row, `annotations.${i}.`, path)),
  };
}

function check<T>(rules: z.ZodType<T>, value: unknown, at: string, path: string): T {
  const parsed = checkShape(rules, value);
  if (parsed.success) return parsed.data;
  const [problem] = parsed.error.issues;
  const message = `is no COCO caption file: ${at}${problem?.path.join('.') ?? ''}: ${problem?.message ?? ''}`;
  const hint = 'expected {"images": [{"id", "file_name"}], "annotations": [{"image_id", "caption"}]}';
  throw new DataError('DATA_INVALID_LINE', message, { where: path, hint });
}

function readJson(path: string): unknown {
  const text = readData(path);
  try {
    return parseJson(text, MAX_VALUES);
  } catch (cause) {
    throw new DataError('DATA_INVALID_LINE', `is no JSON: ${reasonOf(cause)}`, { where: path, cause });
  }
}
