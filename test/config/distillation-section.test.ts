import { describe, expect, it } from 'vitest';
import { distillation } from '../../src/config/distillation-section.js';
import type { DistillationPlan } from '../../src/training/distillation/distillation-plan.js';

describe("a distillation's section", () => {
  it('has the losses of the paper, and a plan by its own names, for defaults', () => {
    const plan: DistillationPlan = { seed: 0, ...distillation.parse(undefined) };
    expect(plan).toMatchObject({
      schedule: 'direct',
      loss: 'cfg-aware',
      cfgProbability: 0.1,
      guidanceRange: [2, 14],
      gamma: 0.2,
      studentSteps: 8,
    });
    for (const { steps, stepsPerRun, checkpointEverySteps } of [
      plan.velocity,
      plan.first,
      plan.second,
      plan.third,
    ]) {
      expect(steps % stepsPerRun).toBe(0);
      expect(checkpointEverySteps % stepsPerRun).toBe(0);
    }
  });

  it.each([[[14, 2]], [[2]], [[0, 2]], ['2-14']])('takes no guidance range of %j', (guidanceRange) => {
    const parsed = distillation.safeParse({ guidanceRange });
    expect(parsed.error?.issues.map(({ message }) => message).join()).toMatch(/number/);
  });
});
