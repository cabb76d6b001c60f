/** Three significant digits, as many as a latency's interval usually bears: `8.05 ms`, `40.5 ms`, `1690 ms`. */
export function formatMs(milliseconds: number): string {
  return `${formatSignificant(milliseconds, 3)} ms`;
}

/** In plain notation, never with an exponent. */
export function formatSignificant(value: number, digits: number): string {
  if (value === 0) return '0';
  const decimals = digits - 1 - Math.floor(Math.log10(Math.abs(value)));
  return value.toFixed(Math.min(20, Math.max(0, decimals)));
}

/** CLIP scores differ in the third decimal. */
export function formatClip(score: number): string {
  return score.toFixed(4);
}

/** `-41%`, `+3%`: change from `before` to `after`, whose sign says whether it rose: CLIP scores may be negative. */
export function formatChange(before: number, after: number): string {
  const percent = Math.round(((after - before) / Math.abs(before)) * 100);
  const sign = percent > 0 ? '+' : percent < 0 ? '\u2212' : '';
  return `${sign}${Math.abs(percent)}%`;
}
