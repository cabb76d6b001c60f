import type { Tokenizer } from '../data/tokenizer.js';
import { SnapEvoError } from '../errors/snapevo-error.js';
import type { Value } from '../graph/value.js';
import type { GraphBuilder } from '../graph/graph-builder.js';
import type { DeviceHost } from '../runtime/device-host.js';
import { RowModel } from './row-model.js';

/** A text tower and the tokenizer it reads with. */
export interface CaptionEmbedder {
  readonly name: string;
  readonly tokenizer: Tokenizer;
  /** Ids that the tower has embeddings for. */
  readonly vocabularySize: number;
  /** Captions of one run. */
  readonly batch: number;
  /** Appends the tower: ids int64 [batch, tokens], output float32 [batch, ...]. */
  readonly build: (g: GraphBuilder, inputIds: Value) => Value;
}

/** What a text tower makes of captions. Each is computed once and kept. */
export class CaptionEmbeddings {
  readonly #model: RowModel;
  readonly #tokenizer: Tokenizer;
  readonly #known = new Map<string, Float32Array>();

  private constructor(model: RowModel, tokenizer: Tokenizer) {
    this.#model = model;
    this.#tokenizer = tokenizer;
  }

  /** @throws SnapEvoError `TOKENIZER_MISMATCH` when the tokenizer has ids that the tower lacks; what building throws */
  static async create(
    host: DeviceHost,
    { name, tokenizer, vocabularySize, batch, build }: CaptionEmbedder,
  ): Promise<CaptionEmbeddings> {
    checkVocabulary(name, tokenizer, vocabularySize);
    const row = { dtype: 'int64', shape: [tokenizer.maxLength] } as const;
    return new CaptionEmbeddings(await RowModel.create(host, { name, batch, row, build }), tokenizer);
  }

  /** The output's row for each caption; captions may repeat. */
  async embed(captions: readonly string[]): Promise<Float32Array[]> {
    const unknown = [...new Set(captions)].filter((caption) => !this.#known.has(caption));
    const rows = await this.#model.run(unknown.map((caption) => this.#tokenizer.encode(caption)));
    unknown.forEach((caption, index) => {
      this.#known.set(caption, rows[index] ?? new Float32Array());
    });
    return captions.map((caption) => this.#known.get(caption) ?? new Float32Array());
  }

  async release(): Promise<void> {
    await this.#model.release();
  }
}

function checkVocabulary(name: string, { vocabSize }: Tokenizer, vocabularySize: number): void {
  if (vocabSize <= vocabularySize) return;
  throw new SnapEvoError({
    code: 'TOKENIZER_MISMATCH',
    message: `expected a tokenizer of at most ${vocabularySize} tokens, found ${vocabSize}`,
    where: name,
    hint: 'a model and its tokenizer belong together: take both from one folder',
  });
}
