/**
 * Exports pipelines of a folder and the shipped one, each as it is and evolved, with what SnapEvo makes of them:
 * `npx tsx test/golden/export/write-exports.ts PIPELINES OUT`.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  copyBlock,
  isCopyable,
  removeBlock,
  type Architecture,
} from '../../../src/architecture/architecture.js';
import { hashArchitecture } from '../../../src/architecture/canonical-form.js';
import { openPipeline } from '../../../src/cli/compose/open-pipeline.js';
import { withDevice } from '../../../src/cli/compose/with-device.js';
import { pruneDecoder } from '../../../src/compression/prune-decoder.js';
import { withDecoder } from '../../../src/compression/with-decoder.js';
import { gaussianNoise } from '../../../src/diffusion/gaussian.js';
import { UNetSession } from '../../../src/evaluation/unet-session.js';
import { writeDiffusersFolder } from '../../../src/export/diffusers-folder.js';
import type { ExportedModel } from '../../../src/export/exported-model.js';
import { writeOnnxFolder } from '../../../src/export/onnx-folder.js';
import { loadPipeline, type Pipeline } from '../../../src/model/pipeline-folder.js';
import { writeSafetensors } from '../../../src/onnx/safetensors-writer.js';
import { parseDevice } from '../../../src/runtime/device.js';
import type { DeviceHost } from '../../../src/runtime/device-host.js';

const [, , pipelines = '', out = ''] = process.argv;
const shipped = fileURLToPath(new URL('../../../models/emoji', import.meta.url));
const prompts = ['red heart', 'a dog, smiling'];
const [steps, guidanceScale, timestep] = [3, 3, 601];

type Evolve = (architecture: Architecture) => Architecture;

/** What diffusers' own classes can express: a stage up without attention, a middle of one ResNet block. */
const inStock: Evolve = (architecture) =>
  remove(architecture, ({ id }) =>
    /^(up_blocks\.1\.attentions|mid_block\.(attentions\.0|resnets\.1))/.test(id),
  );

/** What they can't: every third block gone, projections left, and two copies of a block that keeps its shape. */
const beyondStock: Evolve = (architecture) => {
  const left = remove(architecture, (_, index) => index % 3 === 1);
  const block = left.blocks.find(isCopyable);
  return block === undefined ? left : copyBlock(copyBlock(left, block.id), block.id);
};

function remove(
  architecture: Architecture,
  isGone: (block: Architecture['blocks'][number], index: number) => boolean,
): Architecture {
  return architecture.blocks.filter(isGone).reduce((each, { id }) => removeBlock(each, id), architecture);
}

/** Copies get weights of their own, so that mixing them up with their source's shows. */
function evolved(pipeline: Pipeline, evolve: Evolve): ExportedModel {
  const architecture = evolve(pipeline.architecture);
  const weights = new Map(pipeline.unet.weights);
  for (const { id, source } of architecture.blocks) {
    if (source === undefined) continue;
    const root = id.slice(0, id.indexOf('+'));
    for (const [name, data] of pipeline.unet.weights) {
      if (!name.startsWith(`${root}.`)) continue;
      weights.set(
        `${id}${name.slice(root.length)}`,
        data.map((element) => element * 0.9),
      );
    }
  }
  return { pipeline, architecture, weights };
}

/** Inputs and outputs of the UNet, and pictures from noise. */
async function writeReference(folder: string, host: DeviceHost, model: ExportedModel): Promise<void> {
  const { pipeline, architecture, weights } = model;
  const { config } = pipeline.unet;
  const [height, width] = config.sampleSize ?? [16, 16];
  const extents = { rows: 2, height, width, tokens: 16 };
  const session = await UNetSession.create(host, { config, architecture, extents }, weights);
  const shapes = { sample: [2, config.inChannels, height, width], context: [2, 16, config.contextChannels] };
  const [sample, context] = [shapes.sample, shapes.context].map((shape, index) =>
    gaussianNoise(
      { seed: 1, index },
      shape.reduce((product, size) => product * size, 1),
    ),
  ) as [Float32Array, Float32Array];
  const prediction = await session.passOf(architecture)(sample, timestep, context);
  await session.release();
  const generator = await openPipeline(
    host,
    pipeline,
    { steps, guidanceScale, batch: 2 },
    {
      loadTrained: () => Promise.resolve({ weights }),
    },
  );
  const pictures = await generator.generate(
    { architecture, weights: 'evolved' },
    prompts.map((caption, index) => ({ caption, noise: { seed: 2, index } })),
  );
  await generator.release();
  const size = config.inChannels * height * width;
  const latents = prompts.map((_, index) => gaussianNoise({ seed: 2, index, stream: 0 }, size));
  const [picture] = pictures;
  writeSafetensors(
    join(folder, 'reference.safetensors'),
    new Map([
      ['sample', { shape: shapes.sample, data: sample }],
      ['context', { shape: shapes.context, data: context }],
      ['prediction', { shape: shapes.sample, data: prediction }],
      ['latents', { shape: shapes.sample, data: stack(latents) }],
      [
        'pictures',
        {
          shape: [2, 3, picture?.height ?? 0, picture?.width ?? 0],
          data: stack(pictures.map(({ pixels }) => pixels)),
        },
      ],
    ]),
  );
}

function stack(rows: readonly Float32Array[]): Float32Array {
  return Float32Array.from(rows.flatMap((row) => [...row]));
}

async function write(host: DeviceHost, name: string, source: string, evolve?: Evolve): Promise<void> {
  await writeExports(host, name, loadPipeline(source), evolve);
}

async function writeExports(
  host: DeviceHost,
  name: string,
  pipeline: Pipeline,
  evolve?: Evolve,
): Promise<void> {
  const folder = join(out, name);
  mkdirSync(folder, { recursive: true });
  const model = evolved(pipeline, evolve ?? ((architecture) => architecture));
  await writeReference(folder, host, model);
  for (const dtype of ['fp32', 'fp16'] as const) {
    writeDiffusersFolder(join(folder, `diffusers-${dtype}`), model, { dtype });
    writeOnnxFolder(join(folder, `onnx-${dtype}`), model, { dtype });
  }
  const about = {
    prompts,
    steps,
    guidanceScale,
    timestep,
    architecture: hashArchitecture(model.architecture),
  };
  writeFileSync(join(folder, 'reference.json'), JSON.stringify(about));
  console.log(name, about.architecture.slice(0, 12));
}

/** A VAE with the first half of the channels of its decoder. */
function withSmallDecoder(pipeline: Pipeline): Pipeline {
  const firstOnes = ({ channels }: { readonly channels: number }): Float64Array => new Float64Array(channels);
  return {
    ...pipeline,
    vae: withDecoder(
      pipeline.vae,
      pruneDecoder(pipeline.vae, 0.5, { importance: firstOnes, means: new Map() }),
    ),
  };
}

await withDevice(parseDevice('cpu'), async (host) => {
  await write(host, 'emoji', shipped);
  await write(host, 'emoji, evolved', shipped, inStock);
  await write(host, 'emoji, evolved further', shipped, beyondStock);
  await writeExports(host, 'emoji, small decoder', withSmallDecoder(loadPipeline(shipped)), inStock);
  for (const name of readdirSync(pipelines)) {
    await write(host, name, join(pipelines, name));
    await write(host, `${name}, evolved`, join(pipelines, name), beyondStock);
  }
});
