/** Rows in the order first stored, each replaceable by its key. Copies on the way in and out. */
export class KeyedRows<T> {
  readonly #rows = new Map<string, T>();
  readonly #keyOf: (row: T) => readonly (string | number)[];

  constructor(keyOf: (row: T) => readonly (string | number)[]) {
    this.#keyOf = keyOf;
  }

  replace(row: T): void {
    this.#rows.set(JSON.stringify(this.#keyOf(row)), structuredClone(row));
  }

  clear(): void {
    this.#rows.clear();
  }

  /** The first row of a key stays. */
  keepFirst(row: T): void {
    if (!this.#rows.has(JSON.stringify(this.#keyOf(row)))) this.replace(row);
  }

  /** Those that pass, in the order given, or as first stored when none is. */
  list(passes: (row: T) => boolean = () => true, compare?: (a: T, b: T) => number): readonly T[] {
    const rows = [...this.#rows.values()].filter(passes);
    return structuredClone(compare === undefined ? rows : rows.sort(compare));
  }
}
