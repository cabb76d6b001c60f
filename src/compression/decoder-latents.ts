import { existsSync, readdirSync } from 'node:fs';
import { unlessAborted } from '../errors/unless-aborted.js';
import type {
  GenerationSettings,
  PictureRequest,
  TextToImagePipeline,
  UNetChoice,
} from '../evaluation/text-to-image-pipeline.js';
import type { DecoderPlan } from './decoder-plan.js';
import { makeLatents, type Latents } from './make-latents.js';

/** What latents are for: to learn from, or to take figures of. */
export const latentUses = ['training', 'heldOut'] as const;
export type LatentUse = (typeof latentUses)[number];

/** A pipeline that makes latents. */
export type LatentGenerator = Pick<TextToImagePipeline, 'generateLatents' | 'latentShape' | 'release'>;

/** What latents are made with. */
export interface LatentParts {
  /** Asked for at most once, and only where latents have to be made yet; it is released. */
  readonly openGenerator: (settings: GenerationSettings) => Promise<LatentGenerator>;
  readonly unet: UNetChoice;
  /** What the latents of each use are made of, over and over; at least one. */
  readonly captions: Readonly<Record<LatentUse, readonly string[]>>;
  /** Told how many latents of a use there are, whenever some were made. */
  readonly onLatents?: (use: LatentUse, done: number, total: number) => void;
}

type LatentPlan = Pick<
  DecoderPlan,
  'seed' | 'latents' | 'heldOutLatents' | 'latentBatch' | 'denoisingSteps' | 'guidanceScale'
>;

/** Far beyond the training's, so that no held-out picture begins with the noise of one of those. */
const firstHeldOutNoise = 2 ** 31;

/**
 * Has a pipeline make the latents of a compression, each from a caption and the noise of (seed, its index), and keeps them in the folder.
 * @returns undefined when the signal stopped it
 * @throws what making pictures throws
 */
export async function makeDecoderLatents(
  folder: string,
  parts: LatentParts,
  plan: LatentPlan,
  signal: AbortSignal,
): Promise<Readonly<Record<LatentUse, Latents>> | undefined> {
  let opened: Promise<LatentGenerator> | undefined;
  const generator = (): Promise<LatentGenerator> => (opened ??= parts.openGenerator(settingsOf(plan)));
  const make = (use: LatentUse): Promise<Latents> =>
    makeLatents(fileStem(use), requestsFor(use, parts, plan), {
      folder,
      batch: plan.latentBatch,
      shape: async () => (await generator()).latentShape,
      make: async (requests) => {
        signal.throwIfAborted();
        return (await generator()).generateLatents(parts.unet, requests, { signal });
      },
      onMade: (done, total) => parts.onLatents?.(use, done, total),
    });
  try {
    return await unlessAborted(signal, async () => ({
      training: await make('training'),
      heldOut: await make('heldOut'),
    }));
  } finally {
    await (await opened)?.release();
  }
}

/** Names of the files that hold what there is of a compression's latents. */
export function latentFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const isTheirs = (name: string): boolean =>
    latentUses.some((use) => name.startsWith(`${fileStem(use)}-`)) && name.endsWith('.safetensors');
  return readdirSync(folder).filter(isTheirs).sort();
}

const fileStem = (use: LatentUse): string => `latents-${use}`;

function settingsOf({ denoisingSteps, guidanceScale, latentBatch }: LatentPlan): GenerationSettings {
  return { steps: denoisingSteps, guidanceScale, batch: latentBatch };
}

function requestsFor(use: LatentUse, { captions }: LatentParts, plan: LatentPlan): PictureRequest[] {
  const own = captions[use];
  const [count, first] = use === 'training' ? [plan.latents, 0] : [plan.heldOutLatents, firstHeldOutNoise];
  return Array.from({ length: count }, (_, i) => ({
    caption: own[i % own.length] ?? '',
    noise: { seed: plan.seed, index: first + i },
  }));
}

/** What a decoder reads: latents divided by the VAE's scaling factor. */
export function unscaled({ shape, rows }: Latents, scalingFactor: number): Latents {
  return { shape, rows: rows.map((row) => row.map((value) => value / scalingFactor)) };
}
