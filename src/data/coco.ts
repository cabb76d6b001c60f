import { z } from 'zod';
import type { CaptionedImage, Captions } from './captioned-image.js';
import { DataError, reasonOf } from './data-error.js';
import { groupBy } from './group-by.js';
import { pathInside } from './path-inside.js';
import { readData } from './read-lines.js';

const id = z.union([z.int(), z.string()]);
const schema = z.object({
  images: z.array(z.object({ id, file_name: z.string().min(1) })),
  annotations: z.array(z.object({ image_id: id, caption: z.string() })),
});

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

function parse(path: string): z.infer<typeof schema> {
  const parsed = schema.safeParse(parseJson(path));
  if (parsed.success) return parsed.data;
  const [problem] = parsed.error.issues;
  const message = `is no COCO caption file: ${problem?.path.join('.') ?? ''}: ${problem?.message ?? ''}`;
  const hint = 'expected {"images": [{"id", "file_name"}], "annotations": [{"image_id", "caption"}]}';
  throw new DataError('DATA_INVALID_LINE', message, { where: path, hint });
}

function parseJson(path: string): unknown {
  const text = readData(path);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DataError('DATA_INVALID_LINE', `is no JSON: ${reasonOf(cause)}`, { where: path, cause });
  }
}
