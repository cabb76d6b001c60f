import { z } from 'zod';
import { choice, number, section, wholeNumber } from './fields.js';
import { emptyCaptionShare, stage, trainingMemory } from './shared-sections.js';

const guidanceScale = number({ from: 1, to: 100 });

/** Both ends of the scales drawn; a list of two numbers. */
const guidanceRange = z
  .tuple([guidanceScale, guidanceScale], { error: 'a list of two numbers from 1 to 100, the smaller first' })
  .refine(([from, to]) => from <= to, { error: 'a list of two numbers from 1 to 100, the smaller first' })
  .readonly();

/**
 * Step distillation, by the names of `DistillationPlan`; stages are sized for the shipped emoji model on two CPU cores. Of networks that predict v already, `velocity` is skipped. Which halving
 * is which, `distillation-stages.ts` says: `direct` without a network of its own to teach has no `second`.
 */
export const distillation = section({
  schedule: choice(['direct', 'progressive']).default('direct'),
  loss: choice(['vanilla', 'cfg-aware']).default('cfg-aware'),
  /** Share of the steps in which `cfg-aware` guides teacher and student. */
  cfgProbability: number({ from: 0, to: 1 }).default(0.1),
  /** Guidance scales are drawn from in between. */
  guidanceRange: guidanceRange.prefault([2, 14]),
  /** Weight of the original loss, rescaled to the size of the distillation's. */
  gamma: number({ from: 0, to: 100 }).default(0.2),
  /** Sampling steps of the student in the end. */
  studentSteps: wholeNumber({ from: 1, to: 250 }).default(8),
  emptyCaptionShare,
  /** Of every stage's UNet. With `accumulation` the original loss is rescaled within each batch. */
  ...trainingMemory,
  velocity: section(stage({ batch: 16, steps: 1000, learningRate: 3e-4 })).prefault({}),
  first: section(stage({ batch: 16, steps: 600, learningRate: 5e-5 })).prefault({}),
  second: section(stage({ batch: 16, steps: 600, learningRate: 5e-5 })).prefault({}),
  third: section(stage({ batch: 16, steps: 1200, learningRate: 5e-5 })).prefault({}),
}).prefault({});
