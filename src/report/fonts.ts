import { GlobalFonts } from 'canvas';
import { createRequire } from 'node:module';
import { SnapEvoError } from '../errors/snapevo-error.js';

/** Travels with the package: a machine without fonts, as most servers and containers are, would draw no text at all. */
const fontFamily = 'Inter';
export const fontFamilies = `${fontFamily}, 'DejaVu Sans', sans-serif`;

const weights = [400, 600] as const;
const require = createRequire(import.meta.url);
let areRegistered = false;

/**
 * Makes the report's own font known to the canvas, once a process.
 * @throws SnapEvoError `REPORT_FONT_MISSING` when the installation is incomplete
 */
export function registerFonts(): void {
  if (areRegistered) return;
  for (const weight of weights) register(`@fontsource/inter/files/inter-latin-${weight}-normal.woff2`);
  areRegistered = true;
}

function register(file: string): void {
  try {
    if (GlobalFonts.registerFromPath(require.resolve(file), fontFamily) !== null) return;
  } catch (cause) {
    throw missingFont(file, cause);
  }
  throw missingFont(file);
}

function missingFont(file: string, cause?: unknown): SnapEvoError {
  return new SnapEvoError({
    code: 'REPORT_FONT_MISSING',
    message: 'expected a font that the canvas can read, found none',
    where: file,
    hint: 'The installation is incomplete: run `npm ci` again.',
    fault: 'internal',
    cause,
  });
}

/** A CSS font of the report's own family. @param sizePx in pixels of the plot, before the device pixel ratio */
export function cssFont(sizePx: number, weight: (typeof weights)[number] = 400): string {
  return `${weight} ${sizePx}px ${fontFamilies}`;
}
