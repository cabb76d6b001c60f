const ELLIPSIS = '\u2026';

/** The longest start of the text that fits, with an ellipsis when something had to go. */
function shorten(text: string, fits: (text: string) => boolean): string {
  if (fits(text)) return text;
  const characters = [...new Intl.Segmenter().segment(text)];
  const start = (): string =>
    `${characters
      .map(({ segment }) => segment)
      .join('')
      .trimEnd()}${ELLIPSIS}`;
  while (characters.length > 0 && !fits(start())) characters.pop();
  return start();
}

/**
 * Breaks a text at spaces into lines that fit, at most `maxLines` of them; what does not fit ends in an ellipsis.
 * @param fits whether a line is short enough, e.g. by measuring it
 */
export function wrapText(text: string, maxLines: number, fits: (line: string) => boolean): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const last = lines.at(-1);
    const longer = `${last ?? ''} ${word}`;
    if (last !== undefined && (fits(longer) || lines.length === maxLines)) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line) => shorten(line, fits));
}
