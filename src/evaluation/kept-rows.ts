/** Rows that are made when they are first asked for, and kept while there is room: the ones made first go first. */
export class KeptRows<Key> {
  readonly #make: (keys: readonly Key[]) => Promise<readonly Float32Array[]>;
  readonly #room: number;
  readonly #kept = new Map<Key, Float32Array>();
  #bytes = 0;

  /**
   * @param make gives a row for each key; the same one for a key whatever it is asked for with
   * @param room bytes of rows kept
   */
  constructor(make: (keys: readonly Key[]) => Promise<readonly Float32Array[]>, room: number) {
    this.#make = make;
    this.#room = room;
  }

  /** The row of each key; keys may repeat. */
  async rows(keys: readonly Key[]): Promise<Float32Array[]> {
    const known = new Map(keys.map((key) => [key, this.#kept.get(key)]));
    const unknown = [...known].flatMap(([key, row]) => (row === undefined ? [key] : []));
    const made = unknown.length === 0 ? [] : await this.#make(unknown);
    unknown.forEach((key, i) => {
      const row = made[i] ?? new Float32Array();
      known.set(key, row);
      this.#keep(key, row);
    });
    return keys.map((key) => known.get(key) ?? new Float32Array());
  }

  #keep(key: Key, row: Float32Array): void {
    this.#bytes += row.byteLength - (this.#kept.get(key)?.byteLength ?? 0);
    this.#kept.set(key, row);
    for (const [oldest, { byteLength }] of this.#kept) {
      if (this.#bytes <= this.#room) return;
      this.#kept.delete(oldest);
      this.#bytes -= byteLength;
    }
  }
}
