/** Batches to try a graph with. */
export const batchAxis = { example: 2, other: 3 };

/** Heights and widths to try a graph with: as small as a network that halves them to `multiple`s allows. */
export function heightAxis(multiple: number): { readonly example: number; readonly other: number } {
  return { example: multiple, other: 2 * multiple };
}

export function widthAxis(multiple: number): { readonly example: number; readonly other: number } {
  return { example: 3 * multiple, other: multiple };
}
