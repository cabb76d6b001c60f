const [START, END] = ['<!-- figures -->', '<!-- end of figures -->'];

/**
 * A page with the figures between its marks.
 * @throws Error where there are no marks
 */
export function withFigures(page: string, figures: string): string {
  const [start, end] = [page.indexOf(START), page.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`expected ${START} and ${END}, found neither or one`);
  return `${page.slice(0, start + START.length)}\n\n<!-- prettier-ignore-start -->\n${figures}\n<!-- prettier-ignore-end -->\n\n${page.slice(end)}`;
}
