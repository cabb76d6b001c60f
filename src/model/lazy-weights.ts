/** Weights by name that are read or made whenever they are asked for, and never kept. */
export class LazyWeights implements ReadonlyMap<string, Float32Array> {
  readonly #sources: ReadonlyMap<string, () => Float32Array>;

  /** @param sources what gives each of the weights */
  constructor(sources: ReadonlyMap<string, () => Float32Array>) {
    this.#sources = sources;
  }

  get size(): number {
    return this.#sources.size;
  }

  has(name: string): boolean {
    return this.#sources.has(name);
  }

  /** Elements as float32. Throws what reading or making them throws. */
  get(name: string): Float32Array | undefined {
    return this.#sources.get(name)?.();
  }

  keys(): MapIterator<string> {
    return this.#sources.keys();
  }

  *values(): MapIterator<Float32Array> {
    for (const source of this.#sources.values()) yield source();
  }

  *entries(): MapIterator<[string, Float32Array]> {
    for (const [name, source] of this.#sources) yield [name, source()];
  }

  [Symbol.iterator](): MapIterator<[string, Float32Array]> {
    return this.entries();
  }

  forEach(
    visit: (data: Float32Array, name: string, weights: ReadonlyMap<string, Float32Array>) => void,
  ): void {
    for (const [name, data] of this) visit(data, name, this);
  }
}
