import { benchPath, ourProgram, usualVariants, type Part } from '../part.js';
import { unetFolder, writeInputs } from './workload.js';

/** One forward pass of the shipped UNet. */
export const emojiUNetStep: Part = {
  name: 'unet-step',
  title: 'a step of the emoji UNet, one picture under guidance',
  rounds: 20,
  stepsPerUnit: 20,
  tolerance: 1e-3,
  write: writeInputs,
  ours: (_, { threads }) => [
    {
      command: ourProgram('SnapEvo', 'emoji-unet-step/snapevo-side.ts', [String(threads)]),
      settings: {},
    },
  ],
  peer: (folder, { python, threads, compile }) => ({
    command: {
      name: 'PyTorch',
      command: python,
      args: [benchPath('peers/torch_unet_step.py'), unetFolder, folder, String(threads)],
    },
    variants: usualVariants(compile),
    trialTimes: 10,
  }),
};
