import { fontFamilies } from './fonts.js';
import { gridLine, ink, mutedInk } from './palette.js';

const font = (size: number, weight: 400 | 600 = 400) => ({ family: fontFamilies, size, weight });

/** Plot title and, below it in a line or several, what one needs to know to read the plot. */
export function titles(title: string, subtitle: string | readonly string[]) {
  return {
    title: {
      display: true,
      text: title,
      align: 'start' as const,
      color: ink,
      font: font(22, 600),
      padding: { top: 4, bottom: 6 },
    },
    subtitle: {
      display: true,
      text: typeof subtitle === 'string' ? subtitle : [...subtitle],
      align: 'start' as const,
      color: mutedInk,
      font: font(14),
      padding: { bottom: 14 },
    },
  };
}

export function legend() {
  return {
    position: 'bottom' as const,
    labels: { usePointStyle: true, boxHeight: 11, padding: 22, color: ink, font: font(14) },
  };
}

/** A linear axis with its name and unit. */
export function axis(name: string, range: { readonly min?: number; readonly max?: number } = {}) {
  return {
    type: 'linear' as const,
    ...range,
    title: { display: true, text: name, color: ink, font: font(15, 600), padding: 8 },
    ticks: { color: mutedInk, font: font(13), includeBounds: false },
    grid: { color: gridLine, tickLength: 6 },
    border: { color: mutedInk },
  };
}

/** Only 1, 2 and 5 of each power of ten are labelled: more would touch each other. */
function logarithmicTick(value: string | number): string {
  const mantissa = Number(value).toExponential(6)[0] ?? '';
  return ['1', '2', '5'].includes(mantissa) ? String(Number(value)) : '';
}

/** As `axis`, with equal factors equally far apart. */
export function logarithmicAxis(name: string) {
  const linear = axis(name);
  return { ...linear, type: 'logarithmic' as const, ticks: { ...linear.ticks, callback: logarithmicTick } };
}
