import { extname } from 'node:path';
import { SnapEvoError } from '../errors/snapevo-error.js';

const formats = ['png', 'svg', 'csv', 'json'] as const;

export type PlotFormat = (typeof formats)[number];

/**
 * What a file's ending asks for, in upper or lower case.
 * @throws SnapEvoError `OUTPUT_FORMAT_UNKNOWN`
 */
export function plotFormatOf(path: string): PlotFormat {
  const ending = extname(path).slice(1).toLowerCase();
  const format = formats.find((known) => known === ending);
  if (format !== undefined) return format;
  throw new SnapEvoError({
    code: 'OUTPUT_FORMAT_UNKNOWN',
    message: `expected a file name that ends in .${formats.join(', .')}; found ${JSON.stringify(path)}`,
    where: path,
    hint: 'Name the file so that its ending says what it should hold, e.g. frontier.png.',
  });
}
