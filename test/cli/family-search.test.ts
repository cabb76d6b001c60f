import { cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodePng } from '../../src/data/encode-png.js';
import { clipKind, clipTextKind, unetKind, vaeKind, type ModelKind } from '../../src/model/model-kind.js';
import { writeModel, type WeightDtype } from '../../src/model/model-folder.js';
import { Interruption } from '../../src/cli/terminal/interruption.js';
import { createTerminal } from '../../src/cli/terminal/terminal.js';
import { loadRuled } from '../evaluation/ruled-weights.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { recordCli, RecordedStream, type Recording } from './recorded-cli.js';

const goldens = join(import.meta.dirname, '../golden');
const captions = ['a red heart', 'the moon', 'a cat', 'a dog 😀', 'the sun', 'no heart'];

/** A model of a configuration, its weights stored as those of a variant. */
function writeVariant<Config>(
  kind: ModelKind<Config>,
  to: string,
  config: object,
  { dtype, variant }: { readonly dtype: WeightDtype; readonly variant?: string },
): void {
  mkdirSync(to, { recursive: true });
  writeFileSync(join(to, 'config.json'), JSON.stringify(config));
  writeModel(kind, to, loadRuled(kind, to), { dtype });
  const file = join(to, `${kind.stem}.safetensors`);
  if (variant !== undefined) renameSync(file, file.replace('.safetensors', `.${variant}.safetensors`));
}

function golden(path: string): object {
  return JSON.parse(readFileSync(join(goldens, path), 'utf8')) as object;
}

/** Two levels of the golden UNet's four. */
const lessLevels = {
  attention_head_dim: [2, 4],
  block_out_channels: [16, 32],
  down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
  layers_per_block: 1,
  norm_num_groups: 8,
};

/**
 * A pipeline like Stable Diffusion 2.1's: v-prediction, linear projections, heads by the level, a text encoder without its last layer, another padding.
 * Two of its parts are there as a variant alone. As with the published ones, the VAE's file speaks of another size, here one that the UNet couldn't be trained at.
 */
function writePipeline(folder: string): void {
  const from = 'pipelines/sd-2.1';
  const half = { dtype: 'F16', variant: 'fp16' } as const;
  writeVariant(
    unetKind,
    join(folder, 'unet'),
    { ...golden(`${from}/unet/config.json`), ...lessLevels },
    half,
  );
  writeVariant(clipTextKind, join(folder, 'text_encoder'), golden(`${from}/text_encoder/config.json`), half);
  const vae = { ...golden(`${from}/vae/config.json`), sample_size: 18 };
  writeVariant(vaeKind, join(folder, 'vae'), vae, { dtype: 'BF16' });
  cpSync(join(goldens, 'data/tokenizer'), join(folder, 'tokenizer'), { recursive: true });
  for (const part of ['tokenizer', 'scheduler']) {
    cpSync(join(goldens, from, part), join(folder, part), { recursive: true });
  }
  const index = {
    _class_name: 'StableDiffusionPipeline',
    unet: ['diffusers', 'UNet2DConditionModel'],
    vae: ['diffusers', 'AutoencoderKL'],
    text_encoder: ['transformers', 'CLIPTextModel'],
    tokenizer: ['transformers', 'CLIPTokenizer'],
    scheduler: ['diffusers', 'DDIMScheduler'],
  };
  writeFileSync(join(folder, 'model_index.json'), JSON.stringify(index));
}

/** The golden CLIP model, and how its pictures are prepared. */
function writeScorer(folder: string): void {
  writeVariant(clipKind, folder, golden('clip/vit-b-32/config.json'), { dtype: 'F32' });
  cpSync(join(goldens, 'clip/vit-b-32/preprocessor_config.json'), join(folder, 'preprocessor_config.json'));
  cpSync(join(goldens, 'data/tokenizer'), folder, { recursive: true });
}

/** Pictures of odd sizes in Hugging Face's imagefolder convention, in a folder of their own. */
async function writePictures(folder: string): Promise<void> {
  mkdirSync(join(folder, 'images'), { recursive: true });
  const lines = captions.map((caption, index) =>
    JSON.stringify({ file_name: `images/${index}.png`, caption }),
  );
  writeFileSync(join(folder, 'metadata.jsonl'), `${lines.join('\n')}\n`);
  for (const index of captions.keys()) {
    const extent = { height: 20 + index, width: 31 };
    const pixels = Uint8Array.from(
      { length: 3 * extent.height * extent.width },
      (_, i) => (i * (index + 3)) % 256,
    );
    writeFileSync(join(folder, 'images', `${index}.png`), await encodePng(pixels, extent));
  }
}

const search = `
name: like-sd-2.1
pipeline: pipeline
device: { threads: 1 }
search:
  budget: { ratioOfOriginal: 0.8 }
  groupSize: 3
  maxRounds: 1
  trainStepsPerRound: 4
  trainStepsPerUnit: 2
  finetuneSteps: 1
  captionCount: 2
  copyCandidates: 0
  maxProposals: 1
training: { pictures: { folder: pictures, captionColumn: caption }, batch: 2, stepsPerRun: 2 }
evaluation: { scorer: scorer, captions: prompts.txt, steps: 1, batch: 2, sampler: euler }
latency:
  endToEnd: { timeLimitMs: 100 }
  alone: { timeLimitMs: 100 }
  profiling: { forwards: 3, warmUps: 1 }
  calibration: { architectures: 0 }
`;

/** Runs a command and interrupts it once it says something. */
async function interruptAt(said: RegExp, args: readonly string[], folder: string): Promise<Recording> {
  const controller = new AbortController();
  const notes = new RecordedStream();
  const output = new RecordedStream();
  const nowMs = (): number => 1_800_000_000_000;
  const watch = setInterval(() => {
    if (said.test(notes.text)) controller.abort(new Interruption('SIGINT'));
  }, 5);
  const terminal = createTerminal({ output, notes, environment: {}, elapsedMs: nowMs });
  try {
    const { status } = await recordCli(args, folder, { terminal, signal: controller.signal });
    return { status, output: output.text, notes: notes.text };
  } finally {
    clearInterval(watch);
  }
}

describe('a pipeline like Stable Diffusion 2.1, with pictures and prompts of one’s own', () => {
  let folder = '';
  beforeAll(async () => {
    folder = temporaryFolder();
    writePipeline(join(folder, 'pipeline'));
    writeScorer(join(folder, 'scorer'));
    await writePictures(join(folder, 'pictures'));
    writeFileSync(join(folder, 'prompts.txt'), `${captions.join('\n')}\n`);
    writeFileSync(join(folder, 'search.yaml'), search);
  });

  it('is searched, resumed, exported, and the same pictures come of the export', async () => {
    const broken = await interruptAt(/robust training/, ['search', 'search.yaml'], folder);
    expect(broken.notes).toMatch(/round 1, robust training/);
    expect(broken.status).toBe(130);
    const resumed = await recordCli(['resume'], folder);
    expect(resumed).toMatchObject({ status: 0, notes: expect.stringContaining('final: ') as string });
    expect(await recordCli(['export', '--out', 'small'], folder)).toMatchObject({
      status: 0,
      notes: expect.stringMatching(/^Taking the newest search, \S+-like-sd-2-1-\S+\.\n$/) as string,
    });
    const asked = ['generate', '--prompt', 'a cat', '--steps', '2', '--out'];
    expect(await recordCli([...asked, 'of-run.png'], folder)).toMatchObject({ status: 0 });
    expect(await recordCli([...asked, 'of-folder.png', 'small'], folder)).toMatchObject({ status: 0 });
    const [ofRun, ofFolder] = ['of-run.png', 'of-folder.png'].map((name) =>
      readFileSync(join(folder, name), 'base64'),
    );
    expect(ofFolder).toBe(ofRun);
  });
});
