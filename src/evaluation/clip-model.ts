import type { Tokenizer } from '../data/tokenizer.js';
import type { ClipConfig } from '../model/clip-config.js';
import { buildClipImageEmbedding, buildClipTextEmbedding } from '../model/clip.js';
import type { LoadedModel } from '../model/model-folder.js';
import { weightParameters } from '../model/parameters.js';
import type { SessionHost } from '../runtime/device-host.js';
import { CaptionEmbeddings } from './caption-embeddings.js';
import { inBatches } from './batches.js';
import { preprocessPicture, type ClipPreprocessing } from './clip-preprocessing.js';
import { cosines } from './cosine.js';
import type { Picture } from './picture.js';
import { RowModel } from './row-model.js';

export interface ClipParts {
  readonly host: SessionHost;
  readonly model: Pick<LoadedModel<ClipConfig>, 'config' | 'weights'>;
  readonly tokenizer: Tokenizer;
  readonly preprocessing: ClipPreprocessing;
  /** Captions or pictures embedded at a time. */
  readonly batch: number;
}

/** A CLIP model's two towers in sessions on a device. */
export class ClipModel {
  readonly #texts: CaptionEmbeddings;
  readonly #pictures: RowModel;
  readonly #parts: ClipParts;

  private constructor(texts: CaptionEmbeddings, pictures: RowModel, parts: ClipParts) {
    this.#texts = texts;
    this.#pictures = pictures;
    this.#parts = parts;
  }

  /** Throws what building the towers throws, `TOKENIZER_MISMATCH` and `SESSION_FAILED`. */
  static async create(parts: ClipParts): Promise<ClipModel> {
    const { host, model, tokenizer, batch } = parts;
    const { config, weights } = model;
    const { channels, imageSize } = config.vision;
    const texts = await CaptionEmbeddings.create(host, {
      name: 'clip_text',
      tokenizer,
      vocabularySize: config.text.vocabularySize,
      batch,
      build: (g, ids) => buildClipTextEmbedding(g, config, weightParameters(weights), ids),
    });
    const pictures = await RowModel.create(host, {
      name: 'clip_vision',
      batch,
      row: { dtype: 'float32', shape: [channels, imageSize, imageSize] },
      build: (g, pixels) => buildClipImageEmbedding(g, config, weightParameters(weights), pixels),
    });
    return new ClipModel(texts, pictures, parts);
  }

  /** Embeddings of unit length, one a caption; each caption is embedded once and remembered. */
  async embedTexts(captions: readonly string[]): Promise<Float32Array[]> {
    return this.#texts.embed(captions);
  }

  /** Embeddings of unit length, one a picture. Throws `CLIP_IMAGE_SIZE` as {@link preprocessPicture} does. */
  async embedPictures(pictures: readonly Picture[]): Promise<Float32Array[]> {
    const { model, preprocessing, batch } = this.#parts;
    return inBatches(pictures, batch, (part) =>
      this.#pictures.run(
        part.map((picture) => preprocessPicture(picture, preprocessing, model.config.vision.imageSize)),
      ),
    );
  }

  /**
   * CLIP score of each picture and its caption: the cosine of their embeddings, in [-1, 1].
   * @param captions one a picture
   */
  async score(pictures: readonly Picture[], captions: readonly string[]): Promise<number[]> {
    return cosines(await this.embedPictures(pictures), await this.embedTexts(captions));
  }

  async release(): Promise<void> {
    await Promise.all([this.#texts.release(), this.#pictures.release()]);
  }
}
