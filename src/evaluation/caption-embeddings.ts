import type { Tokenizer } from '../data/tokenizer.js';
import { SnapEvoError } from '../errors/snapevo-error.js';
import type { Value } from '../graph/value.js';
import type { GraphBuilder } from '../graph/graph-builder.js';
import type { SessionHost } from '../runtime/device-host.js';
import { KeptRows } from './kept-rows.js';
import { RowModel } from './row-model.js';

/** Bytes of embeddings kept: of Stable Diffusion's text encoder, 4,500 captions. */
const room = 2 ** 30;

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

/** What a text tower makes of captions. Those asked for again are kept, up to a gigabyte. */
export class CaptionEmbeddings {
  readonly #model: RowModel;
  readonly #rows: KeptRows<string>;

  /** @param model takes ids int64 [batch, tokens] of the tokenizer's length */
  constructor(model: RowModel, tokenizer: Tokenizer) {
    this.#model = model;
    this.#rows = new KeptRows(
      (captions) => model.run(captions.map((caption) => tokenizer.encode(caption))),
      room,
    );
  }

  /** @throws SnapEvoError `TOKENIZER_MISMATCH` when the tokenizer has ids that the tower lacks; what building throws */
  static async create(
    host: SessionHost,
    { name, tokenizer, vocabularySize, batch, build }: CaptionEmbedder,
  ): Promise<CaptionEmbeddings> {
    checkVocabulary(name, tokenizer, vocabularySize);
    const row = { dtype: 'int64', shape: [tokenizer.maxLength] } as const;
    return new CaptionEmbeddings(await RowModel.create(host, { name, batch, row, build }), tokenizer);
  }

  /** The output's row for each caption; captions may repeat. */
  async embed(captions: readonly string[]): Promise<Float32Array[]> {
    return this.#rows.rows(captions);
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
