import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { DataError, reasonOf } from './data-error.js';

/** An emoji as the two packages describe it, without its skin-tone variants. */
export interface EmojiRecord {
  /** Code points in hexadecimal, joined by `-`, e.g. `1F3C3-200D-2640-FE0F`. */
  readonly id: string;
  /** Unicode CLDR's English short name, as emojibase has it. */
  readonly name: string;
  readonly tags: readonly string[];
  readonly category: string;
  readonly subcategory: string;
  /** A 64x64 PNG. */
  readonly imagePath: string;
}

const require = createRequire(import.meta.url);

const pictureSchema = z.object({
  unified: z.string(),
  image: z.string().regex(/^[0-9a-f-]+\.png$/),
  category: z.string(),
  subcategory: z.string(),
  has_img_twitter: z.boolean(),
});

const nameSchema = z.object({
  hexcode: z.string(),
  label: z.string(),
  tags: z.array(z.string()).default([]),
});

/**
 * Joins the pictures of `emoji-datasource-twitter` with the names and tags of `emojibase-data`, in the order of their ids.
 * @throws DataError when a package is missing or not of the shape it had
 */
export function readEmojiSource(): EmojiRecord[] {
  const pictures = readPackageFile(
    () => require.resolve('emoji-datasource-twitter/emoji.json'),
    z.array(pictureSchema),
  );
  const names = readPackageFile(() => require.resolve('emojibase-data/en/data.json'), z.array(nameSchema));
  const byHexcode = new Map(names.value.map((name) => [withoutVariationSelector(name.hexcode), name]));
  const imageFolder = join(dirname(pictures.path), 'img', 'twitter', '64');
  const records = pictures.value.flatMap((picture) => {
    const name = byHexcode.get(withoutVariationSelector(picture.unified));
    if (name === undefined || !picture.has_img_twitter) return [];
    const { unified: id, category, subcategory, image } = picture;
    return [
      { id, name: name.label, tags: name.tags, category, subcategory, imagePath: join(imageFolder, image) },
    ];
  });
  return records.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The packages disagree on where U+FE0F is written. */
function withoutVariationSelector(hexcode: string): string {
  return hexcode.replaceAll('-FE0F', '');
}

function readPackageFile<T>(
  resolve: () => string,
  schema: z.ZodType<T>,
): { readonly path: string; readonly value: T } {
  const path = resolvePackageFile(resolve);
  const parsed = schema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (parsed.success) return { path, value: parsed.data };
  const hint = 'install the versions that package-lock.json names: npm ci';
  throw new DataError('DATA_PACKAGE_UNEXPECTED', z.prettifyError(parsed.error), { where: path, hint });
}

function resolvePackageFile(resolve: () => string): string {
  try {
    return resolve();
  } catch (cause) {
    throw new DataError('DATA_PACKAGE_MISSING', reasonOf(cause), {
      where: 'the emoji data set',
      hint: 'its pictures and names come from npm: npm ci',
      cause,
    });
  }
}
