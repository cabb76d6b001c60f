import type { ClipModel } from './clip-model.js';
import type {
  GenerationHooks,
  PictureRequest,
  TextToImagePipeline,
  UNetChoice,
} from './text-to-image-pipeline.js';

/** Pictures that a pipeline makes of prompts. */
export interface MadePictures {
  readonly pipeline: Pick<TextToImagePipeline, 'generate' | 'settings'>;
  readonly unet: UNetChoice;
  /** What pictures are made of, each from the noise of (seed, its index). */
  readonly prompts: readonly string[];
  readonly seed: number;
  readonly hooks?: GenerationHooks;
}

/**
 * Makes the pictures and embeds them. They are let go of batch by batch; only their embeddings are kept.
 * @returns embeddings of unit length, one a prompt, by each of the scorers
 * @throws what making and embedding pictures throws, and the signal's reason
 */
export async function embedMadePictures(
  { pipeline, unet, prompts, seed, hooks }: MadePictures,
  clips: readonly Pick<ClipModel, 'embedPictures'>[],
): Promise<readonly Float32Array[][]> {
  const requests = prompts.map((caption, index): PictureRequest => ({ caption, noise: { seed, index } }));
  const { batch } = pipeline.settings;
  const batches = Math.ceil(requests.length / batch);
  const embeddings: Float32Array[][] = clips.map(() => []);
  for (let start = 0; start < requests.length; start += batch) {
    const pictures = await pipeline.generate(unet, requests.slice(start, start + batch), {
      ...hooks,
      onStep: (done, steps) => hooks?.onStep?.((start / batch) * steps + done, batches * steps),
    });
    for (const [index, clip] of clips.entries()) {
      embeddings[index]?.push(...(await clip.embedPictures(pictures)));
    }
  }
  return embeddings;
}
