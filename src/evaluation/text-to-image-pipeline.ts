import type { Architecture } from '../architecture/architecture.js';
import type { Tokenizer } from '../data/tokenizer.js';
import { createSampler, type SamplerOptions } from '../diffusion/create-sampler.js';
import { gaussianNoise, type NoiseKey } from '../diffusion/gaussian.js';
import type { Sampler } from '../diffusion/sampler.js';
import type { SchedulerConfig } from '../diffusion/scheduler-config.js';
import {
  sampleLatents,
  splitPasses,
  stackPasses,
  textToImage,
  type Predict,
  type SamplingOptions,
} from '../diffusion/text-to-image.js';
import { buildClipText } from '../model/clip-text.js';
import { weightParameters } from '../model/parameters.js';
import type { Pipeline } from '../model/pipeline-folder.js';
import { vaeReduction, type VaeConfig } from '../model/vae-config.js';
import { buildVaeDecoder } from '../model/vae.js';
import type { SessionHost } from '../runtime/device-host.js';
import { fillBatch, inBatches, stackRows, takeRows } from './batches.js';
import { CaptionEmbeddings } from './caption-embeddings.js';
import { latentExtents, type LatentExtents } from './latent-extents.js';
import { clampValues, type Picture } from './picture.js';
import { RowModel } from './row-model.js';
import type { UNetPass } from './unet-session.js';
import { UNetSessions, type LoadWeights } from './unet-sessions.js';

/** What a pipeline is made of, whatever UNet it runs. */
export interface PipelineParts {
  readonly host: SessionHost;
  readonly models: Pick<Pipeline, 'unet' | 'vae' | 'textEncoder'>;
  readonly tokenizer: Tokenizer;
  readonly scheduler: SchedulerConfig;
  readonly loadWeights: LoadWeights;
}

/** How pictures are made. */
export interface GenerationSettings extends SamplerOptions {
  /** Pictures made at a time. */
  readonly batch: number;
  /** Strength of classifier-free guidance; at 1 or below the pass without a caption is not run. */
  readonly guidanceScale: number;
  /** See `rescaleGuidance`; 0, the default, for none. */
  readonly guidanceRescale?: number;
  /** In pixels; what the UNet was trained on, or else the VAE, unless told otherwise. */
  readonly height?: number;
  readonly width?: number;
  /** See `UNetSessions`; 2 unless told otherwise. */
  readonly unetSessions?: number;
}

/** A UNet: which blocks run, and on which weights. */
export interface UNetChoice {
  readonly architecture: Architecture;
  /** Reference that `loadWeights` understands. */
  readonly weights: string;
}

/** One picture to be made. It depends on this, the UNet and the settings alone, not on what is made beside it; unless blocks are on int8, which round what they are fed by the extremes of a whole batch. */
export interface PictureRequest {
  readonly caption: string;
  readonly noise: Pick<NoiseKey, 'seed' | 'index'>;
}

export interface GenerationHooks {
  /** Checked before every step; the promise then rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Told after every step, of all batches. */
  readonly onStep?: (done: number, total: number) => void;
}

/** A pipeline's networks, each in a session on a device. */
export interface PipelineSessions {
  readonly text: Pick<CaptionEmbeddings, 'embed' | 'release'>;
  readonly unets: Pick<UNetSessions, 'withPass' | 'release'>;
  readonly decoder: Pick<RowModel, 'run' | 'release'>;
}

const defaultUNetSessions = 2;

/** Makes pictures from captions: text encoder, UNet and VAE decoder, each in a session on a device. A call may be made while another is being answered: the device is then never idle between two runs. */
export class TextToImagePipeline {
  readonly settings: GenerationSettings;
  readonly #sessions: PipelineSessions;
  readonly #sampler: Sampler;
  readonly #latent: LatentExtents;
  readonly #vae: VaeConfig;

  /** Throws what making the sampler throws, and `PICTURE_SIZE`. */
  constructor(
    parts: Pick<PipelineParts, 'models' | 'scheduler'>,
    settings: GenerationSettings,
    sessions: PipelineSessions,
  ) {
    this.settings = settings;
    this.#sessions = sessions;
    this.#sampler = createSampler(parts.scheduler, settings);
    this.#latent = latentExtents(parts.models, settings);
    this.#vae = parts.models.vae.config;
  }

  /** Throws what building the models and the sampler throws, `PICTURE_SIZE`, `TOKENIZER_MISMATCH` and `SESSION_FAILED`. */
  static async create(parts: PipelineParts, settings: GenerationSettings): Promise<TextToImagePipeline> {
    const { host, models, tokenizer, loadWeights } = parts;
    const { batch, guidanceScale, unetSessions: capacity = defaultUNetSessions } = settings;
    const { height, width } = latentExtents(models, settings);
    const rows = guidanceScale > 1 ? 2 * batch : batch;
    const extents = { rows, height, width, tokens: tokenizer.maxLength };
    return new TextToImagePipeline(parts, settings, {
      text: await textEncoder(parts, batch),
      unets: new UNetSessions({ host, config: models.unet.config, loadWeights, extents, capacity }),
      decoder: await decoder(parts, settings),
    });
  }

  /** A picture for each request, in order; see {@link UNetSessions} for what is thrown beside the signal's reason. */
  async generate(
    unet: UNetChoice,
    requests: readonly PictureRequest[],
    hooks: GenerationHooks = {},
  ): Promise<Picture[]> {
    return this.#inBatches(unet, requests, hooks, (sampling, count) => {
      const decode = async (latents: Float32Array): Promise<Picture[]> =>
        this.#decode(takeRows(latents, sampling.batch, count));
      return textToImage({ ...sampling, decode });
    });
  }

  /** The latents of the pictures that {@link generate} makes, as the UNet has them: the decoder reads them divided by the VAE's scaling factor. */
  async generateLatents(
    unet: UNetChoice,
    requests: readonly PictureRequest[],
    hooks: GenerationHooks = {},
  ): Promise<Float32Array[]> {
    return this.#inBatches(unet, requests, hooks, async (sampling, count) =>
      takeRows(await sampleLatents(sampling), sampling.batch, count),
    );
  }

  /** Of the latents, [channels, height, width]. */
  get latentShape(): readonly [number, number, number] {
    const { channels, height, width } = this.#latent;
    return [channels, height, width];
  }

  /** Frees the UNets' sessions until pictures are made again. */
  async releaseUNets(): Promise<void> {
    await this.#sessions.unets.release();
  }

  /** Frees the sessions; the device stays. */
  async release(): Promise<void> {
    const { text, unets, decoder } = this.#sessions;
    await Promise.all([text.release(), unets.release(), decoder.release()]);
  }

  async #inBatches<Result>(
    unet: UNetChoice,
    requests: readonly PictureRequest[],
    hooks: GenerationHooks,
    make: (sampling: SamplingOptions, count: number) => Promise<readonly Result[]>,
  ): Promise<Result[]> {
    const { batch } = this.settings;
    const steps = this.#sampler.timesteps.length;
    const total = steps * Math.ceil(requests.length / batch);
    const onPass = (pass: UNetPass): Promise<Result[]> =>
      inBatches(requests, batch, async (part, start) => {
        const onStep = (done: number): void => hooks.onStep?.((start / batch) * steps + done, total);
        return make(await this.#sampling(pass, part, { ...hooks, onStep }), part.length);
      });
    return this.#sessions.unets.withPass(unet.architecture, unet.weights, onPass, hooks.signal);
  }

  async #sampling(
    pass: UNetPass,
    requests: readonly PictureRequest[],
    hooks: GenerationHooks,
  ): Promise<SamplingOptions> {
    const { batch, guidanceScale, guidanceRescale = 0 } = this.settings;
    const filled = fillBatch(requests, batch);
    return {
      ...hooks,
      predict: await this.#predict(
        pass,
        filled.map(({ caption }) => caption),
      ),
      sampler: this.#sampler,
      latents: this.#noise(filled, 0),
      noise: (step) => this.#noise(filled, 1 + step),
      batch,
      guidanceScale,
      guidanceRescale,
    };
  }

  /** Both passes of guidance run as one doubled batch; without guidance nobody asks for the embedding of no caption. */
  async #predict(pass: UNetPass, captions: readonly string[]): Promise<Predict> {
    const { text } = this.#sessions;
    const { guidanceScale } = this.settings;
    const conditional = await text.embed(captions);
    const unconditional = guidanceScale > 1 ? await text.embed(captions.map(() => '')) : [];
    const context = stackRows([...unconditional, ...conditional]);
    return async (latents, timestep, passes) =>
      splitPasses(await pass(stackPasses(latents, passes.length), timestep, context), passes.length);
  }

  #noise(requests: readonly PictureRequest[], stream: number): Float32Array {
    const { channels, height, width } = this.#latent;
    const size = channels * height * width;
    return stackRows(requests.map(({ noise }) => gaussianNoise({ ...noise, stream }, size)));
  }

  async #decode(latents: readonly Float32Array[]): Promise<Picture[]> {
    const reduction = vaeReduction(this.#vae);
    const decoded = await this.#sessions.decoder.run(
      latents.map((each) => each.map((value) => value / this.#vae.scalingFactor)),
    );
    return decoded.map((pixels) => ({
      height: this.#latent.height * reduction,
      width: this.#latent.width * reduction,
      pixels: clampValues(pixels),
    }));
  }
}

async function textEncoder(
  { host, models, tokenizer }: PipelineParts,
  batch: number,
): Promise<CaptionEmbeddings> {
  const { config, weights } = models.textEncoder;
  return CaptionEmbeddings.create(host, {
    name: 'text_encoder',
    tokenizer,
    vocabularySize: config.vocabularySize,
    batch,
    build: (g, inputIds) => buildClipText(g, config, weightParameters(weights), inputIds).lastHiddenState,
  });
}

async function decoder({ host, models }: PipelineParts, settings: GenerationSettings): Promise<RowModel> {
  const { config, weights } = models.vae;
  const { channels, height, width } = latentExtents(models, settings);
  return RowModel.create(host, {
    name: 'vae_decoder',
    batch: settings.batch,
    row: { dtype: 'float32', shape: [channels, height, width] },
    build: (g, latents) => buildVaeDecoder(g, config, weightParameters(weights), latents),
  });
}
