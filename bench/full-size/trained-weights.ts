// Uses the weights of a training state where they lie, at any size: `npx tsx bench/full-size/trained-weights.ts PIPELINE WORK TASK`, of which `save`
// stores the pipeline's UNet as a search does, `step` runs an evolved architecture on it once, and `export-onnx` and `export-diffusers` write that as a
// folder. `check_exports.py WORK` compares. Each is a process of its own, so that `/usr/bin/time -v` tells what it takes.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { copyBlock, removeBlock } from '../../src/architecture/architecture.js';
import { savePretrained, trainedWeights } from '../../src/cli/compose/trained-weights.js';
import { withDevice } from '../../src/cli/compose/with-device.js';
import { UNetSessions, type LoadedWeights } from '../../src/evaluation/unet-sessions.js';
import { writeDiffusersFolder } from '../../src/export/diffusers-folder.js';
import type { FloatDtype } from '../../src/export/exported-model.js';
import { writeOnnxFolder } from '../../src/export/onnx-folder.js';
import { loadPipeline, type Pipeline } from '../../src/model/pipeline-folder.js';
import { writeSafetensors } from '../../src/onnx/safetensors-writer.js';
import { parseDevice } from '../../src/runtime/device.js';
import { TrainingCheckpoints } from '../../src/training/training-checkpoint.js';
import { highestPrivateMemoryMb, privateMemoryMb } from './memory.js';
import { stepInputs } from './workload.js';

const [pipelineFolder = '', work = '', task = ''] = process.argv.slice(2);
const checkpoints = new TrainingCheckpoints(join(work, 'checkpoints'));
const extents = { rows: 1, height: 64, width: 64, tokens: 77 };
const timestep = 500;

async function timed<T>(what: string, does: () => T | Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await does();
  console.log(`${what}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return result;
}

/** One block gone, and a copy that has no weights of its own. */
function evolved({ architecture }: Pipeline): Pipeline['architecture'] {
  return copyBlock(removeBlock(architecture, 'down_blocks.1.attentions.0'), 'down_blocks.0.attentions.1');
}

function reference(): string {
  const [file = ''] = readdirSync(join(work, 'checkpoints'));
  return file.replace('.safetensors', '');
}

function load(): Promise<LoadedWeights> {
  return timed('weights found and checked', () => trainedWeights(checkpoints)(reference()));
}

async function step(pipeline: Pipeline): Promise<void> {
  const { weights } = await load();
  const { config } = pipeline.unet;
  const loadWeights = (which: string): Promise<LoadedWeights> =>
    Promise.resolve({ weights: which === 'trained' ? weights : pipeline.unet.weights });
  const { sample, context } = stepInputs();
  const run = (from: string): Promise<Float32Array> =>
    withDevice(parseDevice('cpu'), async (host) => {
      const sessions = new UNetSessions({ host, config, loadWeights, extents, capacity: 1 });
      const pass = await timed(`session on ${from} weights`, () =>
        sessions.withPass(evolved(pipeline), from, (opened) => Promise.resolve(opened)),
      );
      const predict = (): Promise<Float32Array> =>
        pass(sample?.data as Float32Array, timestep, context?.data as Float32Array);
      const prediction = await timed('first step', predict);
      const highest = await timed('second step', () => highestPrivateMemoryMb(predict));
      console.log(
        `private memory: ${privateMemoryMb().toFixed(0)} MB, ${highest.toFixed(0)} MB during a step`,
      );
      return prediction;
    });
  const [trained, pretrained] = [await run('trained'), await run('pretrained')];
  const same = trained.every((value, i) => value === pretrained[i]);
  console.log(`the same as on the pipeline's own weights, to the bit: ${same ? 'yes' : 'NO'}`);
  const shape = sample?.shape ?? [];
  writeSafetensors(
    join(work, 'reference.safetensors'),
    new Map([
      ['sample', { shape, data: sample?.data as Float32Array }],
      ['context', { shape: context?.shape ?? [], data: context?.data as Float32Array }],
      ['prediction', { shape, data: trained }],
    ]),
  );
  writeFileSync(join(work, 'reference.json'), `${JSON.stringify({ timestep })}\n`);
}

async function write(format: 'onnx' | 'diffusers', pipeline: Pipeline): Promise<void> {
  const { weights } = await load();
  const model = { pipeline, architecture: evolved(pipeline), weights };
  const dtype: FloatDtype = format === 'onnx' ? 'fp32' : 'fp16';
  const writeFolder = format === 'onnx' ? writeOnnxFolder : writeDiffusersFolder;
  const folder = join(work, `${format}-${dtype}`);
  await timed(`${format} ${dtype} written`, () => writeFolder(folder, model, { dtype }));
}

const pipeline = await timed('pipeline opened', () => loadPipeline(pipelineFolder, { cache: work }));
if (task === 'save') await timed('training state saved', () => savePretrained(checkpoints, pipeline.unet));
else if (task === 'step') await step(pipeline);
else if (task === 'export-onnx') await write('onnx', pipeline);
else if (task === 'export-diffusers') await write('diffusers', pipeline);
else throw new Error('expected save, step, export-onnx or export-diffusers');
