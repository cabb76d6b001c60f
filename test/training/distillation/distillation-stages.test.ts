import { describe, expect, it } from 'vitest';
import {
  distillationStages,
  type StageOutline,
} from '../../../src/training/distillation/distillation-stages.js';

const from = ({ network, after }: { network: string; after: string | undefined }): string => after ?? network;

/** A stage in words: what is trained, going on from what, taught by whom. */
const described = (outline: StageOutline): string =>
  outline.kind === 'velocity'
    ? `${outline.name} from ${from(outline.startFrom)}`
    : `${outline.pace}: ${outline.name} from ${from(outline.startFrom)}, taught by ${from(outline.teacher)}`;

const described8 = (
  schedule: 'direct' | 'progressive',
  networks: { readonly areOne: boolean; readonly predictVelocity: boolean },
): string[] => distillationStages({ schedule, studentSteps: 8 }, networks).map(described);

describe('the stages of a distillation to 8 steps', () => {
  it("that is direct are the paper's: the 16-step original teaches the small network, which goes on from its own 16 steps", () => {
    expect(described8('direct', { areOne: false, predictVelocity: true })).toEqual([
      'first: original-16 from original, taught by original',
      'second: student-16 from student, taught by original',
      'third: student-8 from student-16, taught by original-16',
    ]);
  });

  it('that is progressive go through 64, 32, 16 and 8', () => {
    expect(described8('progressive', { areOne: false, predictVelocity: true })).toEqual([
      'first: student-32 from student, taught by original',
      'second: student-16 from student-32, taught by student-32',
      'third: student-8 from student-16, taught by student-16',
    ]);
  });

  it('begin with fine-tuning to v where the networks predict something else', () => {
    const velocity = (areOne: boolean) =>
      described8('direct', { areOne, predictVelocity: false }).filter((text) => text.includes('velocity'));
    expect(velocity(false)).toEqual(['original-velocity from original', 'student-velocity from student']);
    expect(velocity(true)).toEqual(['original-velocity from original']);
  });

  it('of one network teach nothing twice', () => {
    expect(described8('direct', { areOne: true, predictVelocity: true })).toEqual([
      'first: original-16 from original, taught by original',
      'third: original-8 from original-16, taught by original-16',
    ]);
  });
});
