import { existsSync, mkdirSync } from 'node:fs';
import { unlessAborted } from '../../errors/unless-aborted.js';
import { halvedSteps } from '../../diffusion/halved-steps.js';
import type { SchedulerConfig } from '../../diffusion/scheduler-config.js';
import type { Weights } from '../../model/parameters.js';
import { unetParameters } from '../../model/unet.js';
import type { EncodedItems } from '../encoded-items.js';
import { runStage, scheduleOf, stageFile, type PreparedStage, type StageRun } from '../stage-run.js';
import type { TrainingStage } from '../train-stage.js';
import { openTrainingState } from '../training-state-file.js';
import { guidanceOf, type DistillationPlan } from './distillation-plan.js';
import { distillationStage } from './distillation-stage.js';
import {
  distillationStages,
  type DistillationStage,
  type Network,
  type StageOutline,
  type WeightsOf,
} from './distillation-stages.js';
import type { WeightedUNet } from './unet-part.js';
import { velocityStage } from './velocity-stage.js';

/** What a step distillation works with. */
export interface DistillationParts {
  /** The pretrained UNet: the first teacher. */
  readonly original: WeightedUNet;
  /** The UNet that is to run in a few steps, such as an evolved one; null for the original itself. */
  readonly student: WeightedUNet | null;
  /** The pipeline's, read for `ddim`, which is what the student is sampled with. */
  readonly scheduler: SchedulerConfig;
  /** Training pictures and captions, encoded by the pipeline's VAE and text encoder, which stay as they are. */
  readonly items: EncodedItems;
}

/**
 * Teaches a UNet to be sampled in a few steps (arXiv 2306.00980, section 4), stage by stage, or goes on where an earlier try stopped: the stages' states are files in `workFolder`. What is drawn depends on the plan's seed
 * and the step alone, so that an interrupted distillation comes to the same bits. What comes out predicts v, whatever went in; `distilledSchedulerFile` describes how it is sampled.
 * @returns the student's weights, the moving average of the last stage's; they stay in that stage's file. Undefined when the signal stopped it before its end.
 * @throws SnapEvoError `DISTILLATION_SAMPLER`, `DIFFUSION_BAD_STEPS` before anything is trained; `TRAINING_DIVERGED`
 */
export async function distillSteps(
  run: StageRun<DistillationStage>,
  parts: DistillationParts,
  plan: DistillationPlan,
): Promise<Weights | undefined> {
  const outlines = outlineDistillation(parts.scheduler, plan, parts.student === null);
  mkdirSync(run.workFolder, { recursive: true });
  const { items } = parts;
  const unconditional = await unlessAborted(run.observer.signal, () =>
    items.contexts([...items.drawnFrom.emptyCaption]),
  );
  if (unconditional === undefined) return undefined;
  const distilling: Distilling = { parts, plan, unconditional, made: new Map() };
  let last: Weights | undefined;
  for (const [index, outline] of outlines.entries()) {
    const prepared = prepareStage(distilling, outline, plan.seed + index);
    const average = await runStage(run, outline.name, plan[outline.pace], prepared);
    if (average === undefined) return undefined;
    last = storedAverage(stageFile(run.workFolder, outline.name)) ?? average;
    distilling.made.set(outline.kind === 'velocity' ? outline.startFrom.network : outline.name, last);
  }
  return last;
}

/** A distillation under way. */
interface Distilling {
  readonly parts: DistillationParts;
  readonly plan: DistillationPlan;
  /** Embedding of the empty caption. */
  readonly unconditional: Float32Array;
  /** Weights by the stage that made them; those fine-tuned to v stand for the network's own. */
  readonly made: Map<DistillationStage | Network, Weights>;
}

/**
 * The stages of a distillation, every one of which can be.
 * @param areOne whether the original itself is to run in a few steps
 * @throws SnapEvoError `DISTILLATION_SAMPLER`, `DIFFUSION_BAD_STEPS`
 */
export function outlineDistillation(
  scheduler: SchedulerConfig,
  plan: Pick<DistillationPlan, 'schedule' | 'studentSteps'>,
  areOne: boolean,
): readonly StageOutline[] {
  const predictVelocity = scheduler.predictionType === 'v_prediction';
  const outlines = distillationStages(plan, { areOne, predictVelocity });
  // hours may pass before a later stage finds out by itself
  for (const outline of outlines) if (outline.kind === 'halving') halvedSteps(scheduler, outline.steps);
  return outlines;
}

function prepareStage(distilling: Distilling, outline: StageOutline, seed: number): PreparedStage {
  const network = networkOf(distilling, outline.startFrom);
  return {
    stage: stageOf(distilling, outline, network, seed),
    parameters: unetParameters(network.config, network.architecture),
    firstWeights: () => network.weights,
  };
}

function stageOf(
  distilling: Distilling,
  outline: StageOutline,
  network: WeightedUNet,
  seed: number,
): TrainingStage {
  const { parts, plan, unconditional } = distilling;
  const { items, scheduler } = parts;
  const { gamma, emptyCaptionShare, accumulation, activations, weightDtype } = plan;
  const common = {
    ...{ items, scheduler, emptyCaptionShare, accumulation, activations, weightDtype },
    ...scheduleOf(plan[outline.pace], seed),
  };
  if (outline.kind === 'velocity') return velocityStage({ ...common, network });
  const { steps } = outline;
  const teacher = networkOf(distilling, outline.teacher);
  const guidance = guidanceOf(plan);
  return distillationStage({ ...common, student: network, teacher, steps, gamma, guidance, unconditional });
}

function networkOf(
  { parts: { original, student }, made }: Distilling,
  { network, after }: WeightsOf,
): WeightedUNet {
  const part = network === 'student' ? (student ?? original) : original;
  return { ...part, weights: made.get(after ?? network) ?? part.weights };
}

/** The average that a stage left, in its file: teachers are read there by the runtime, however large. None where a stage takes no step. */
const storedAverage = (file: string): Weights | undefined =>
  existsSync(file) ? openTrainingState(file).average : undefined;
