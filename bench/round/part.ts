import { benchPath, ourProgram, usualVariants, type Part } from '../part.js';

/** A round of `configs/emoji.yaml`. */
export const round: Part = {
  name: 'round',
  title: 'a whole round of the emoji search: 40 steps of robust training, the candidates’ race',
  rounds: 6,
  stepsPerUnit: 1,
  // forty steps of AdamW and a rounding of pixels lie between the sides
  tolerance: 0.02,
  write: () => undefined,
  ours: (folder, { threads, set }) => [
    {
      command: ourProgram('SnapEvo', 'round/snapevo-side.ts', [folder, String(threads), ...set]),
      settings: {},
    },
  ],
  peer: (folder, { python, threads, compile }) => ({
    command: {
      name: 'PyTorch',
      command: python,
      args: [benchPath('peers/torch_round.py'), folder, String(threads)],
    },
    variants: usualVariants(compile).map((variant) => ({ ...variant, optimizer: 'fused' })),
    trialSettings: { steps: 4, scores: 2 },
    trialTimes: 3,
  }),
};
