/**
 * Told apart with any of the common kinds of colour blindness.
 * @see Okabe and Ito, "Color Universal Design", 2008, https://jfly.uni-koeln.de/color/
 */
export const okabeIto = {
  black: '#000000',
  orange: '#E69F00',
  skyBlue: '#56B4E9',
  green: '#009E73',
  yellow: '#F0E442',
  blue: '#0072B2',
  vermilion: '#D55E00',
  purple: '#CC79A7',
} as const;

export const ink = '#1F2933';
export const mutedInk = '#616E7C';
export const gridLine = '#E4E7EB';
export const paper = '#FFFFFF';

/** In the order to give them out to series. */
export const seriesColors: readonly string[] = [
  okabeIto.blue,
  okabeIto.vermilion,
  okabeIto.green,
  okabeIto.purple,
  okabeIto.orange,
  okabeIto.skyBlue,
];

/** @param opacity in [0, 1] */
export function withOpacity(color: string, opacity: number): string {
  const alpha = Math.round(opacity * 255);
  return `${color}${alpha.toString(16).padStart(2, '0')}`;
}
