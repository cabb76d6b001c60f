import { ourProgram, usualVariants, benchPath, type Part } from '../part.js';
import { writeWorkload } from './workload.js';

/** A run of the looped graph. */
const stepsPerUnit = 10;

/** One training step of the shipped UNet. */
export const trainingStep: Part = {
  name: 'training-step',
  title: 'a training step of the emoji UNet, batch 16',
  rounds: 12,
  stepsPerUnit,
  tolerance: 1e-3,
  write: writeWorkload,
  ours: (folder, { threads }) =>
    [stepsPerUnit, 1].map((stepsPerRun) => ({
      command: ourProgram(
        `SnapEvo, ${stepsPerRun === 1 ? 'one step' : `${stepsPerRun} steps`} a run`,
        'training-step/snapevo-side.ts',
        [folder, String(threads)],
      ),
      settings: { stepsPerRun },
    })),
  peer: (folder, { python, threads, compile }) => ({
    command: {
      name: 'PyTorch',
      command: python,
      args: [benchPath('peers/torch_training_step.py'), folder, String(threads)],
    },
    variants: usualVariants(compile).flatMap((variant) =>
      (variant.compile ? (['fused'] as const) : (['fused', 'foreach'] as const)).map((optimizer) => ({
        ...variant,
        optimizer,
      })),
    ),
    trialTimes: 10,
  }),
};
