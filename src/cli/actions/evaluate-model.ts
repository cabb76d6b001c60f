import { resolve } from 'node:path';
import type { Split } from '../../data/emoji-dataset.js';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { evaluatePipeline, type PipelineFigures } from '../../evaluation/evaluate-pipeline.js';
import { parseDevice } from '../../runtime/device.js';
import type { DeviceHost } from '../../runtime/device-host.js';
import { bootstrapMean } from '../../search/bootstrap.js';
import type { NewRun } from '../../store/run-record.js';
import type { CliContext } from '../cli-context.js';
import { fingerprintOf } from '../compose/describe-device.js';
import { openTarget, type ModelTarget } from '../compose/model-target.js';
import { openClip, openPipeline } from '../compose/open-pipeline.js';
import { emojiSet, scoringCaptions } from '../compose/scoring-captions.js';
import { evaluationInputs, storeEvaluation } from '../compose/store-evaluation.js';
import { withDevice } from '../compose/with-device.js';
import { formatFigures } from '../views/evaluation-view.js';

export interface EvaluateOptions {
  readonly scorer: string;
  /** File of prompts; undefined for captions of the emoji set. */
  readonly prompts?: string;
  readonly split: Split;
  readonly count: number;
  readonly steps: number;
  readonly guidance: number;
  readonly seed: number;
  readonly device: string;
  readonly results: string;
  readonly json: boolean;
}

const BATCH = 20;

/** Prints and stores how well a model's pictures fit their captions, how good its scorer is, and its VAE's error. */
export async function evaluateModel(
  modelOrRun: string | undefined,
  options: EvaluateOptions,
  context: CliContext,
): Promise<void> {
  const { terminal, currentFolder } = context;
  const target = await openTarget(modelOrRun, resolve(currentFolder, options.results), context);
  const inputs = await evaluationInputs(target, resolve(currentFolder, options.scorer));
  const figures = await withDevice(parseDevice(options.device), (host) =>
    measure(host, target, options, context),
  );
  terminal.progress.stop();
  if (options.json) terminal.printJson({ model: target.name, ...figures });
  else terminal.print(formatFigures(target.name, figures, terminal.styles));
  await keepFigures(target.name, inputs, options, context, figures);
}

/** Figures that cannot be stored are still the figures: whoever asked for them has them. */
async function keepFigures(
  model: string,
  inputs: NewRun['inputs'],
  { results, device, json: _, ...settings }: EvaluateOptions,
  { terminal, currentFolder, nowMs, version }: CliContext,
  figures: PipelineFigures,
): Promise<void> {
  try {
    const run = {
      config: { model, ...settings },
      snapevoVersion: version,
      deviceFingerprint: fingerprintOf(parseDevice(device)),
      inputs,
    };
    terminal.note(`run ${await storeEvaluation(resolve(currentFolder, results), nowMs, run, figures)}`);
  } catch (error) {
    if (!(error instanceof SnapEvoError)) throw error;
    terminal.note(`The figures are not stored in ${results}: ${error.message}`);
  }
}

async function measure(
  host: DeviceHost,
  target: ModelTarget,
  options: EvaluateOptions,
  { terminal, signal, currentFolder }: CliContext,
): Promise<PipelineFigures> {
  const { count, seed, steps, guidance, split, prompts } = options;
  const { vae } = target.models;
  const captions = prompts === undefined ? null : resolve(currentFolder, prompts);
  const settings = { steps, guidanceScale: guidance, batch: BATCH };
  let shown = false;
  return evaluatePipeline({
    host,
    pipeline: await openPipeline(host, target.models, settings, target.loadTrained),
    unet: target.unet,
    vae,
    clip: await openClip(
      host,
      resolve(currentFolder, options.scorer),
      BATCH,
      resolve(currentFolder, options.results),
    ),
    train: await emojiSet('train', count, vae.config.sampleSize),
    heldOut: await emojiSet('held-out', count, vae.config.sampleSize),
    prompts: scoringCaptions({ captions, split }, count),
    seed,
    estimateMean: (values) => bootstrapMean(values, { seed, round: 0 }),
    hooks: {
      signal,
      onStep: (done, total) => {
        if (!shown) terminal.progress.start('making pictures, steps', total);
        shown = true;
        terminal.progress.update(done);
      },
    },
  });
}
