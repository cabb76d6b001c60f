import { benchPath, ourProgram, usualVariants, type Part } from '../part.js';
import { writePictureWorkload, type PictureSettings } from './workload.js';

interface PicturePart {
  readonly name: string;
  readonly title: string;
  readonly make: 'pictures' | 'scores';
  readonly settings: PictureSettings;
  readonly rounds: number;
}

const picturePart = ({ name, title, make, settings, rounds }: PicturePart): Part => ({
  name,
  title,
  rounds,
  stepsPerUnit: 1,
  // pixels are rounded to whole ones, and one more or less moves a score by some thousandths of itself
  tolerance: make === 'scores' ? 0.02 : 1e-3,
  write: (folder) => {
    writePictureWorkload(folder, settings);
  },
  ours: (_, { threads }) => [
    {
      command: ourProgram('SnapEvo', 'pipeline/snapevo-side.ts', [String(threads)]),
      settings: { ...settings, make },
    },
  ],
  peer: (folder, { python, threads, compile }) => ({
    command: {
      name: 'PyTorch',
      command: python,
      args: [benchPath('peers/torch_pictures.py'), folder, String(threads)],
    },
    variants: usualVariants(compile),
    settings: { make },
  }),
});

export const textToImage = picturePart({
  name: 'text-to-image',
  title: 'one picture of the emoji pipeline, prompt in, pixels out: DDIM, 20 steps, guidance 3',
  make: 'pictures',
  settings: { captions: 256, steps: 20, guidanceScale: 3, batch: 1 },
  rounds: 30,
});

/** As `configs/emoji.yaml` has it. */
export const scoringPass = picturePart({
  name: 'scoring-pass',
  title: 'an architecture scored: 16 pictures, 6 steps, guidance 3, and CLIP',
  make: 'scores',
  settings: { captions: 16, steps: 6, guidanceScale: 3, batch: 16 },
  rounds: 20,
});
