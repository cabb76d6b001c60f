import { addNoise, velocity } from '../../diffusion/forward-process.js';
import { gaussianNoise } from '../../diffusion/gaussian.js';
import { halvedSteps, type HalvedStep } from '../../diffusion/halved-steps.js';
import { createNoiseSchedule, type NoiseSchedule } from '../../diffusion/noise-schedule.js';
import type { SchedulerConfig } from '../../diffusion/scheduler-config.js';
import type { Shape } from '../../graph/value.js';
import { boolTensor, float32Tensor, type Tensors } from '../../runtime/tensor.js';
import { drawStreams, drawUniform } from '../batch-draws.js';
import { drawDenoising, type DenoisingDraw } from '../denoising-batches.js';
import { encodedDraw, type EncodedItems } from '../encoded-items.js';
import { coefficientNames } from './distillation-loss.js';
import type { GuidancePlan } from './distillation-plan.js';

/** What a few-step student's batches are drawn from. */
export interface DistillationDraws {
  readonly seed: number;
  readonly batch: number;
  readonly items: EncodedItems;
  readonly scheduler: SchedulerConfig;
  /** Of the student. */
  readonly steps: number;
  /** Share of captions left empty in steps that don't guide. */
  readonly emptyCaptionShare: number;
  /** Null where no step guides. */
  readonly guidance: GuidancePlan | null;
}

/** Inputs of a step: each item at a timestep of the student's grid. What is drawn depends on (seed, step) alone. */
export function distillationBatches(draws: DistillationDraws): (step: number) => Promise<Tensors> {
  const { items, scheduler, seed, batch, guidance } = draws;
  const schedule = createNoiseSchedule(scheduler);
  const grid = halvedSteps(scheduler, draws.steps);
  const drawWith = (emptyCaptionShare: number): ((step: number) => DenoisingDraw) =>
    drawDenoising(items.drawnFrom, { seed, batch, emptyCaptionShare, trainTimesteps: grid.length });
  const [drawPlain, drawCaptioned] = [drawWith(draws.emptyCaptionShare), drawWith(0)];
  return async (step) => {
    const guides = guidance !== null && isGuided(guidance, seed, step);
    const drawn = guides ? drawCaptioned(step) : drawPlain(step);
    const { latents, context } = await encodedDraw(items, drawn);
    const noise = gaussianNoise({ seed, index: step, stream: drawStreams.noise }, latents.length);
    const chosen = drawn.timesteps.map((index) => grid[index] as HalvedStep);
    return {
      ...halvedBatch(schedule, chosen, latents, noise, items.latentShape),
      context: float32Tensor([batch, ...items.contextShape], context),
      ...(guidance === null ? {} : guidanceTensors(guidance, draws, step, guides)),
    };
  };
}

/**
 * Items at their steps: latents under noise, their true v, timesteps, and the numbers of {@link coefficientNames}.
 * @param steps of each item
 * @param latents [items, ...shape]
 * @param noise standard normal, same shape
 */
export function halvedBatch(
  schedule: NoiseSchedule,
  steps: readonly HalvedStep[],
  latents: Float32Array,
  noise: Float32Array,
  shape: Shape,
): Tensors {
  const timesteps = steps.map(({ timestep }) => timestep);
  const items = steps.length;
  const floats = (extents: Shape, numbers: readonly number[]) =>
    float32Tensor([items, ...extents], Float32Array.from(numbers));
  return {
    noisy: float32Tensor([items, ...shape], addNoise(schedule, latents, noise, timesteps)),
    velocity: float32Tensor([items, ...shape], velocity(schedule, latents, noise, timesteps)),
    timestep: floats([], timesteps),
    middle: floats(
      [],
      steps.map(({ middle }) => middle),
    ),
    coefficients: floats([coefficientNames.length], steps.flatMap(coefficientsOf)),
  };
}

/** In the order of {@link coefficientNames}. */
const coefficientsOf = ({ first, second, target, clean, weight }: HalvedStep): readonly number[] => [
  ...[first.ofSample, first.ofOutput],
  ...[second.ofSample, second.ofOutput],
  ...[target.ofNext, target.ofNow],
  ...[clean.ofSample, clean.ofOutput],
  weight,
];

const isGuided = ({ probability }: GuidancePlan, seed: number, step: number): boolean =>
  (drawUniform(seed, step, 'guidedSteps', 1)[0] ?? 1) < probability;

function guidanceTensors(
  { range: [from, to] }: GuidancePlan,
  { seed, batch }: DistillationDraws,
  step: number,
  guides: boolean,
): Tensors {
  const shares = drawUniform(seed, step, 'guidance', batch);
  return {
    isGuided: boolTensor([], [guides]),
    guidance: float32Tensor(
      [batch],
      Float32Array.from(shares, (share) => from + share * (to - from)),
    ),
  };
}
