import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Split } from '../../data/emoji-dataset.js';
import type { SamplerKind } from '../../diffusion/sampler-kind.js';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import {
  evaluatePipeline,
  type NamedScorer,
  type PipelineEvaluation,
  type PipelineFigures,
} from '../../evaluation/evaluate-pipeline.js';
import { pictureSide } from '../../evaluation/latent-extents.js';
import type { DeviceHost } from '../../runtime/device-host.js';
import { bootstrapMean } from '../../search/bootstrap.js';
import type { NewRun } from '../../store/run-record.js';
import type { CliContext } from '../cli-context.js';
import { denoisingSteps } from '../compose/denoising-steps.js';
import { fingerprintOf, namedDevice } from '../compose/describe-device.js';
import { withTarget, type ModelTarget } from '../compose/model-target.js';
import { openClip, openPipeline } from '../compose/open-pipeline.js';
import { emojiSet, pictureSet, scoringCaptions } from '../compose/scoring-captions.js';
import { evaluationInputs, storeEvaluation } from '../compose/store-evaluation.js';
import { withDevice } from '../compose/with-device.js';
import { formatFigures } from '../views/evaluation-view.js';

export interface EvaluateOptions {
  /** Folders; the first is the one that counts. Undefined for the emoji model's. */
  readonly scorer?: readonly string[];
  /** Captions; undefined for those of the real pictures. */
  readonly prompts?: string;
  readonly split: Split;
  /** Folder of real pictures; undefined for the emoji set. */
  readonly pictures?: string;
  /** COCO caption file on them; undefined for the folder's own `metadata.jsonl`. */
  readonly annotations?: string;
  readonly count: number;
  /** Pictures made, or embedded, at a time. */
  readonly batch: number;
  /** Undefined for those of `denoisingSteps`. */
  readonly steps?: number;
  readonly guidance: number;
  /** Undefined for the scheduler's own. */
  readonly sampler?: SamplerKind;
  /** Of the weights; undefined for those without one. */
  readonly variant?: string;
  readonly seed: number;
  readonly device: string;
  readonly results: string;
  readonly json: boolean;
}

const defaultScorer = 'models/emoji-clip';

function scorersOf({ scorer = [defaultScorer] }: Pick<EvaluateOptions, 'scorer'>): readonly string[] {
  return scorer;
}

/** The scorer that is taken unasked is only where SnapEvo is. */
function requireScorer({ scorer }: Pick<EvaluateOptions, 'scorer'>, currentFolder: string): void {
  const folder = resolve(currentFolder, defaultScorer);
  if (scorer !== undefined || existsSync(folder)) return;
  throw new SnapEvoError({
    code: 'SCORER_NOT_NAMED',
    message: `expected --scorer, or the scorer that SnapEvo ships in ${defaultScorer}; found neither`,
    where: folder,
    hint: 'Name the folder of a CLIP model with --scorer.',
  });
}

/** Prints and stores how well a model's pictures fit their captions, how good its scorer is, and its VAE's error. */
export async function evaluateModel(
  modelOrRun: string | undefined,
  options: EvaluateOptions,
  context: CliContext,
): Promise<void> {
  const { terminal, currentFolder } = context;
  const device = namedDevice(options.device);
  const resultsFolder = resolve(currentFolder, options.results);
  const scorers = scorersOf(options).map((folder) => resolve(currentFolder, folder));
  const { name, runStatus, steps, inputs, figures } = await withTarget(
    { given: modelOrRun, resultsFolder, variant: options.variant },
    context,
    async (target) => {
      requireScorer(options, currentFolder);
      const steps = options.steps ?? denoisingSteps(target.models, options.sampler);
      return {
        name: target.name,
        runStatus: target.runStatus,
        steps,
        inputs: await evaluationInputs(target, scorers),
        figures: await withDevice(device, (host) => measure(host, target, { ...options, steps }, context)),
      };
    },
  );
  terminal.progress.stop();
  if (options.json) terminal.printJson({ model: name, runStatus, ...figures });
  else terminal.print(formatFigures(name, figures, terminal.styles));
  const origin = { inputs, deviceFingerprint: fingerprintOf(device) };
  await keepFigures(name, origin, { ...options, steps }, context, figures);
}

/** Figures that cannot be stored are still the figures: whoever asked for them has them. */
async function keepFigures(
  model: string,
  origin: Pick<NewRun, 'inputs' | 'deviceFingerprint'>,
  { results, batch: _, device: __, json: ___, ...settings }: EvaluateOptions,
  context: CliContext,
  figures: PipelineFigures,
): Promise<void> {
  const { terminal, currentFolder, version } = context;
  try {
    const run = {
      config: { model, ...settings, scorer: scorersOf(settings) },
      snapevoVersion: version,
      ...origin,
    };
    terminal.note(`run ${await storeEvaluation(resolve(currentFolder, results), context, run, figures)}`);
  } catch (error) {
    if (!(error instanceof SnapEvoError)) throw error;
    terminal.note(`The figures are not stored in ${results}: ${error.message}`);
  }
}

async function measure(
  host: DeviceHost,
  target: ModelTarget,
  options: EvaluateOptions & { readonly steps: number },
  { terminal, signal, currentFolder }: CliContext,
): Promise<PipelineFigures> {
  const { batch, seed, steps, guidance, sampler } = options;
  const { vae } = target.models;
  const settings = { steps, guidanceScale: guidance, batch };
  const progress = stepProgress(terminal);
  return evaluatePipeline({
    host,
    pipeline: await openPipeline(host, target.models, settings, {
      loadTrained: target.loadTrained,
      sampler,
      onSubstitute: (message) => {
        terminal.note(message);
      },
    }),
    unet: target.unet,
    vae,
    scorers: await openScorers(host, options, currentFolder),
    ...(await realPictures(options, pictureSide(target.models), currentFolder)),
    seed,
    estimateMean: (values) => bootstrapMean(values, { seed, round: 0 }),
    hooks: { signal, onStep: progress },
  });
}

/** Prompts, and the real pictures that there are. */
async function realPictures(
  { count, split, prompts, pictures, annotations }: EvaluateOptions,
  side: number,
  currentFolder: string,
): Promise<Pick<PipelineEvaluation, 'train' | 'heldOut' | 'likeness' | 'prompts'>> {
  const absolute = (path: string | undefined): string | null =>
    path === undefined ? null : resolve(currentFolder, path);
  const captions = absolute(prompts);
  if (pictures === undefined) {
    return {
      train: await emojiSet('train', count, side),
      heldOut: await emojiSet('held-out', count, side),
      likeness: split === 'train' ? 'train' : 'heldOut',
      prompts: scoringCaptions({ captions, split }, count),
    };
  }
  const source = { folder: absolute(pictures), annotations: absolute(annotations) };
  const heldOut = await pictureSet(source, count, side);
  const own = captions === null ? heldOut.captions : scoringCaptions({ captions, split }, count);
  return { train: null, heldOut, likeness: 'heldOut', prompts: own };
}

async function openScorers(
  host: DeviceHost,
  options: EvaluateOptions,
  currentFolder: string,
): Promise<NamedScorer[]> {
  const results = resolve(currentFolder, options.results);
  const scorers: NamedScorer[] = [];
  for (const folder of scorersOf(options)) {
    scorers.push({
      name: basename(folder),
      clip: await openClip(host, resolve(currentFolder, folder), options.batch, results),
    });
  }
  return scorers;
}

function stepProgress({ progress }: CliContext['terminal']): (done: number, total: number) => void {
  let shown = false;
  return (done, total) => {
    if (!shown) progress.start('making pictures, steps', total);
    shown = true;
    progress.update(done);
  };
}
