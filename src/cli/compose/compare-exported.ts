import { inFullPrecision } from '../../architecture/architecture.js';
import { loadTokenizer } from '../../data/tokenizer.js';
import { openExportedSessions } from '../../evaluation/exported-sessions.js';
import { dotProduct } from '../../evaluation/cosine.js';
import { meanSquaredError, peakSignalToNoiseDb } from '../../evaluation/psnr.js';
import { TextToImagePipeline } from '../../evaluation/text-to-image-pipeline.js';
import type { ExportedModel } from '../../export/exported-model.js';
import { parseDevice } from '../../runtime/device.js';
import type { CliContext } from '../cli-context.js';
import { openPipeline, readScheduler } from './open-pipeline.js';
import { withDevice } from './with-device.js';

/** How far an export's pictures are from those of the model it was made of, in fp32. */
export interface PictureError {
  readonly pictures: number;
  readonly steps: number;
  /** Of all pictures together; absent where they are the same: no number says it, and JSON has no infinite one. */
  readonly psnrDb?: number;
  /** Mean cosine of a picture's values, from -1 to 1, with the other's. */
  readonly cosine: number;
}

/** What most models know how to draw. */
const captions = ['a red apple', 'a house', 'a dog', 'a smiling face'];
const settings = { steps: 10, guidanceScale: 3, batch: 1 };

/**
 * Makes pictures of the same captions and noise with a folder for ONNX Runtime and with the model that it was written from, on the CPU.
 * @param folder as `writeOnnxFolder` writes it
 * @throws what making pictures throws
 */
export async function compareExported(
  folder: string,
  { pipeline: models, architecture, weights }: ExportedModel,
  count: number,
  { terminal, signal }: Pick<CliContext, 'terminal' | 'signal'>,
): Promise<PictureError> {
  const requests = Array.from({ length: count }, (_, index) => ({
    caption: captions[index % captions.length] ?? '',
    noise: { seed: 0, index },
  }));
  return withDevice(parseDevice('cpu'), async (host) => {
    const make = async (pipeline: TextToImagePipeline, before: number): Promise<Float32Array[]> => {
      const onStep = (done: number): void => {
        terminal.progress.update(before + done);
      };
      const unet = { architecture: inFullPrecision(architecture), weights: 'exported' };
      const pictures = await pipeline.generate(unet, requests, { signal, onStep });
      await pipeline.release();
      return pictures.map(({ pixels }) => pixels);
    };
    terminal.progress.start('comparing pictures, steps', 2 * count * settings.steps);
    const loadTrained = (): Promise<{ weights: typeof weights }> => Promise.resolve({ weights });
    const expected = await make(await openPipeline(host, models, settings, { loadTrained }), 0);
    const tokenizer = loadTokenizer(models.tokenizerFolder, models.textEncoder.config.maxTokens);
    const sessions = await openExportedSessions(folder, { host, models, tokenizer }, settings);
    const scheduler = readScheduler(models.schedulerFolder);
    const exported = new TextToImagePipeline({ models, scheduler }, settings, sessions);
    const found = await make(exported, count * settings.steps);
    return pictureError(expected, found);
  }).finally(() => {
    terminal.progress.stop();
  });
}

/** How far pictures are from those that were expected; as many of both. */
export function pictureError(
  expected: readonly Float32Array[],
  found: readonly Float32Array[],
): PictureError {
  const { length } = expected;
  let [squared, cosine] = [0, 0];
  for (const [index, picture] of expected.entries()) {
    const other = found[index] ?? new Float32Array(picture.length);
    squared += meanSquaredError(picture, other) / length;
    const norms = Math.sqrt(dotProduct(picture, picture) * dotProduct(other, other));
    cosine += dotProduct(picture, other) / norms / length;
  }
  const psnrDb = peakSignalToNoiseDb(squared);
  return {
    pictures: length,
    steps: settings.steps,
    ...(Number.isFinite(psnrDb) ? { psnrDb } : {}),
    cosine,
  };
}
