import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { presentBlocks } from '../../src/architecture/architecture.js';
import { drawnPictures } from '../../src/cli/compose/evolving-data.js';
import type { SearchConfig } from '../../src/config/search-config.js';
import { gatherImages, packImages } from '../../src/data/packed-images.js';
import { loadTokenizer } from '../../src/data/tokenizer.js';
import { gaussianNoise } from '../../src/diffusion/gaussian.js';
import { pictureSide } from '../../src/evaluation/latent-extents.js';
import { elementCount, type Shape } from '../../src/graph/value.js';
import { loadPipeline } from '../../src/model/pipeline-folder.js';
import { writeSafetensors } from '../../src/onnx/safetensors-writer.js';
import type { ScoreRequest, TrainRequest } from '../../src/search/ports.js';
import { drawStreams } from '../../src/training/batch-draws.js';
import { drawDenoising } from '../../src/training/denoising-batches.js';
import { drawGates } from '../../src/training/skip-draws.js';
import type { RoundFigures } from './run-round.js';

const TRAIN_TIMESTEPS = 1000;

/** Writes what a round did, so that the peer does the same: its work in order, and all that its training drew. */
export async function writePlan(
  folder: string,
  config: SearchConfig,
  { work, learningRates }: RoundFigures,
): Promise<void> {
  const { weightDecay, maxGradientNorm } = config.training;
  const unit = (request: TrainRequest | ScoreRequest): object => {
    if (request.type === 'train') return { type: 'train', steps: request.steps };
    const skipped = request.architecture.blocks.filter(({ present }) => !present).map(({ id }) => id);
    return { type: 'score', skipped, ...request.captions };
  };
  const trainings = work.filter((request) => request.type === 'train');
  const [{ architecture } = { architecture: undefined }] = trainings;
  if (architecture === undefined) throw new Error('expected a round that trains');
  const blocks = presentBlocks(architecture);
  const plan = {
    work: work.map(unit),
    blocks: blocks.map(({ id }) => id),
    ...{ learningRates, weightDecay, maxGradientNorm },
  };
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
  const steps = trainings.flatMap(({ fromStep, steps: count }) =>
    Array.from({ length: count }, (_, i) => fromStep + 1 + i),
  );
  await writeDraws(join(folder, 'draws.safetensors'), config, steps, blocks);
}

async function writeDraws(
  path: string,
  config: SearchConfig,
  steps: readonly number[],
  blocks: Parameters<typeof drawGates>[0],
): Promise<void> {
  const { seed, training } = config;
  const models = loadPipeline(config.pipeline);
  const tokenizer = loadTokenizer(models.tokenizerFolder);
  const side = pictureSide(models);
  const { items, texts, drawnFrom } = drawnPictures(training.pictures);
  const drawAt = drawDenoising(drawnFrom, { ...training, seed, trainTimesteps: TRAIN_TIMESTEPS });
  const [height, width] = [side / 4, side / 4];
  const latents = [training.batch, models.unet.config.inChannels, height, width];
  const rows: Record<'pixels' | 'ids' | 'timesteps' | 'noise' | 'gates', Float32Array[]> = {
    ...{ pixels: [], ids: [], timesteps: [], noise: [], gates: [] },
  };
  for (const step of steps) {
    const drawn = drawAt(step);
    const paths = drawn.items.map((item) => items[item]?.imagePath ?? '');
    const images = await packImages(paths, side);
    rows.pixels.push(
      gatherImages(
        images,
        paths.map((_, index) => ({ index })),
      ),
    );
    rows.ids.push(
      Float32Array.from([...drawn.tokens].flatMap((text) => [...tokenizer.encode(texts[text] ?? '')])),
    );
    rows.timesteps.push(Float32Array.from(drawn.timesteps));
    rows.noise.push(gaussianNoise({ seed, index: step, stream: drawStreams.noise }, elementCount(latents)));
    rows.gates.push(Float32Array.from(drawGates(blocks, training.skip, seed, step).data as Uint8Array));
  }
  const shapes: Readonly<Record<keyof typeof rows, Shape>> = {
    pixels: [training.batch, 3, side, side],
    ids: [training.batch, tokenizer.maxLength],
    timesteps: [training.batch],
    noise: latents,
    gates: [blocks.length],
  };
  const names = Object.keys(shapes) as (keyof typeof rows)[];
  const stacked = names.map((name) => {
    const shape = [steps.length, ...shapes[name]];
    return [name, { shape, data: Float32Array.from(rows[name].flatMap((row) => [...row])) }] as const;
  });
  writeSafetensors(path, new Map(stacked));
}
