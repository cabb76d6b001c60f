import { createHash } from 'node:crypto';

/** What of a picture's making an entry is of, where it is none of the UNet. */
export type ImagePart = 'text encoder' | 'decoder' | 'picture';

/**
 * The text that a measurement of the text encoder or of the decoder is stored under, beside the key, which says device, type and
 * extents: `text encoder 1f3a..., batch 1`, by a hash of the model's configuration. Equal texts, equal work.
 */
export function modelSubject(part: 'text encoder' | 'decoder', config: object, images: number): string {
  const hash = createHash('sha256').update(JSON.stringify(config)).digest('hex').slice(0, 16);
  return `${part} ${hash}, batch ${images}`;
}

/** A picture made by the pipeline with the UNet of that architecture, from the caption to its pixels. */
export function pictureSubject(architectureHash: string): string {
  return `picture ${architectureHash}`;
}

/** Whether a subject is of that part of a picture's making. */
export function isOf(part: ImagePart, subject: string): boolean {
  return subject.startsWith(`${part} `);
}
