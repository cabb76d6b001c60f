// The process that makes pictures with SnapEvo: `snapevo-side.ts THREADS`. Spoken to by ../side.ts.
import { openClip, openPipeline, PRETRAINED } from '../../src/cli/compose/open-pipeline.js';
import { ClipScorer } from '../../src/evaluation/clip-scorer.js';
import type { TextToImagePipeline } from '../../src/evaluation/text-to-image-pipeline.js';
import { hashArchitecture } from '../../src/architecture/canonical-form.js';
import { loadPipeline } from '../../src/model/pipeline-folder.js';
import { parseDevice } from '../../src/runtime/device.js';
import { DeviceHost } from '../../src/runtime/device-host.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { serveSide } from '../serve-side.js';
import { sizeAndCorrelation } from '../size-and-correlation.js';
import { captionsOf, models, seed, type PictureSettings } from './workload.js';

/** `pictures`: of one caption a step, always another. `scores`: of all captions, with CLIP. */
interface Settings extends PictureSettings {
  readonly make: 'pictures' | 'scores';
}

const [threads = '2'] = process.argv.slice(2);
const host = new DeviceHost(parseDevice('cpu', Number(threads)));
const pipelineModels = loadPipeline(models.pipeline);
const unet = { architecture: pipelineModels.architecture, weights: PRETRAINED };

let step: () => Promise<readonly number[]> = () => Promise.reject(new Error('nothing was prepared'));
let results: readonly number[] = [];

async function prepare({ make, captions: count, ...settings }: Settings): Promise<void> {
  const pipeline = await openPipeline(host, pipelineModels, settings);
  const captions = captionsOf(count);
  step = make === 'pictures' ? pictureOf(pipeline, captions) : await scoresOf(pipeline, captions);
}

function pictureOf(
  pipeline: TextToImagePipeline,
  captions: readonly string[],
): () => Promise<readonly number[]> {
  let next = 0;
  return async () => {
    const index = next++ % captions.length;
    const request = { caption: captions[index] ?? '', noise: { seed, index } };
    const [picture] = await pipeline.generate(unet, [request]);
    const pixels = picture?.pixels ?? new Float32Array();
    return sizeAndCorrelation(pixels, wave(pixels.length));
  };
}

/** A probe that needs no file. */
const wave = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.SQRT2 * Math.cos(i));

async function scoresOf(
  pipeline: TextToImagePipeline,
  captions: readonly string[],
): Promise<() => Promise<readonly number[]>> {
  const clip = await openClip(host, models.clip, pipeline.settings.batch, '');
  return async () => {
    const cache = new MemoryStore({ nowMs: () => 0, drawSuffix: () => 0 });
    const scorer = new ClipScorer({ pipeline, clip, cache, captions, seed, scorerHash: '' });
    const architectureHash = hashArchitecture(unet.architecture);
    const range = { from: 0, to: captions.length };
    return (await scorer.score({ type: 'score', ...unet, architectureHash, captions: range })).scores;
  };
}

async function take(count: number): Promise<void> {
  const taken: number[] = [];
  for (let done = 0; done < count; done += 1) taken.push(...(await step()));
  results = taken;
}

await serveSide({ prepare, take, results: () => results });
await host.close();
