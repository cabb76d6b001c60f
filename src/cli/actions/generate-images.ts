import { extname, resolve } from 'node:path';
import { encodePng } from '../../data/encode-png.js';
import type { SamplerKind } from '../../diffusion/sampler-kind.js';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { pictureBytes, type Picture } from '../../evaluation/picture.js';
import type { PictureRequest, TextToImagePipeline } from '../../evaluation/text-to-image-pipeline.js';
import { renderContactSheet } from '../../report/contact-sheet.js';
import type { Device } from '../../runtime/device.js';
import type { CliContext } from '../cli-context.js';
import { denoisingSteps } from '../compose/denoising-steps.js';
import { namedDevice } from '../compose/describe-device.js';
import { withTarget, type ModelTarget } from '../compose/model-target.js';
import { openPipeline } from '../compose/open-pipeline.js';
import { withDevice } from '../compose/with-device.js';
import { writeOutput } from '../write-output.js';

export interface GenerateOptions {
  readonly prompt: readonly string[];
  readonly out: string;
  readonly seed: number;
  readonly count: number;
  /** Made at a time; a sheet of more takes as many rounds as it needs. */
  readonly batch: number;
  /** Undefined for those of `denoisingSteps`. */
  readonly steps?: number;
  readonly guidance: number;
  /** Undefined for the scheduler's own. */
  readonly sampler?: SamplerKind;
  /** Of the weights; undefined for those without one. */
  readonly variant?: string;
  readonly device: string;
  readonly results: string;
  readonly json: boolean;
}

/** Makes an image of each prompt and seed: one alone as it is, several as a contact sheet. */
export async function generateImages(
  modelOrRun: string | undefined,
  options: GenerateOptions,
  context: CliContext,
): Promise<void> {
  const { currentFolder, terminal } = context;
  requirePng(options.out);
  const device = namedDevice(options.device);
  const requests = requestsOf(options);
  const { name, runStatus, steps, pictures } = await withTarget(
    {
      given: modelOrRun,
      resultsFolder: resolve(currentFolder, options.results),
      variant: options.variant,
    },
    context,
    async (target) => {
      const { name, runStatus, models } = target;
      const steps = options.steps ?? denoisingSteps(models, options.sampler);
      const pictures = await makePictures(target, requests, device, { ...options, steps }, context);
      return { name, runStatus, steps, pictures };
    },
  );
  writeOutput(resolve(currentFolder, options.out), await encode(pictures, requests));
  const { out, seed, guidance } = options;
  const images = requests.length;
  if (options.json) terminal.printJson({ model: name, runStatus, out, seed, steps, guidance, images });
  else terminal.print(`Wrote ${out}, made by ${name} in ${steps} steps.`);
}

function requestsOf({ prompt, seed, count }: GenerateOptions): readonly PictureRequest[] {
  return prompt.flatMap((caption) =>
    Array.from({ length: count }, (_, index) => ({ caption, noise: { seed, index } })),
  );
}

function makePictures(
  target: ModelTarget,
  requests: readonly PictureRequest[],
  device: Device,
  { batch: largest, steps, guidance, sampler }: GenerateOptions & { readonly steps: number },
  { terminal, signal }: CliContext,
): Promise<readonly Picture[]> {
  return withDevice(device, async (host) => {
    const batch = Math.min(largest, requests.length);
    const settings = { steps, guidanceScale: guidance, batch };
    const pipeline: TextToImagePipeline = await openPipeline(host, target.models, settings, {
      loadTrained: target.loadTrained,
      sampler,
      onSubstitute: (message) => {
        terminal.note(message);
      },
    });
    let shown = false;
    const onStep = (done: number, total: number): void => {
      if (!shown) terminal.progress.start('denoising', total);
      shown = true;
      terminal.progress.update(done);
    };
    const pictures = await pipeline.generate(target.unet, requests, { signal, onStep });
    terminal.progress.stop();
    return pictures;
  });
}

async function encode(
  pictures: readonly Picture[],
  requests: readonly PictureRequest[],
): Promise<Uint8Array> {
  const [first] = pictures;
  if (first === undefined) throw new TypeError('expected at least one picture');
  if (pictures.length === 1) return encodePng(pictureBytes(first), first);
  const images = pictures.map((picture, index) => ({
    pixels: pictureBytes(picture),
    caption: requests[index]?.caption ?? '',
  }));
  return renderContactSheet(images, { widthPx: first.width, heightPx: first.height });
}

function requirePng(out: string): void {
  if (extname(out).toLowerCase() === '.png') return;
  throw new SnapEvoError({
    code: 'OUTPUT_FORMAT_UNKNOWN',
    message: `expected a file name that ends in .png, found ${JSON.stringify(out)}`,
    where: out,
    hint: 'Pictures are written as PNG.',
  });
}
