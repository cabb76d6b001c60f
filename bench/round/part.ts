import { benchPath, ourProgram, usualVariants, type Part } from '../part.js';

/** A round of `configs/emoji.yaml`. */
export const round: Part = {
  name: 'round',
  title: 'a whole round of the emoji search: robust training, the candidates’ race',
  rounds: 6,
  stepsPerUnit: 1,
  // thirty steps of AdamW, each rounded otherwise, lie between the sides: losses differ by a two-hundredth, scores of eight pictures by up to 8%
  tolerance: 0.1,
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
