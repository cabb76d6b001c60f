import { describe, expect, test } from 'vitest';
import { distilledSchedulerFile } from '../../src/diffusion/distilled-scheduler.js';
import { parseSchedulerConfig } from '../../src/diffusion/scheduler-config.js';

const files: readonly (readonly [string, object])[] = [
  [
    'the emoji model',
    {
      _class_name: 'DDIMScheduler',
      beta_schedule: 'squaredcos_cap_v2',
      prediction_type: 'v_prediction',
      clip_sample: false,
      timestep_spacing: 'trailing',
      set_alpha_to_one: false,
    },
  ],
  [
    'Stable Diffusion 1.5',
    {
      _class_name: 'PNDMScheduler',
      beta_schedule: 'scaled_linear',
      beta_start: 0.00085,
      beta_end: 0.012,
      set_alpha_to_one: false,
      skip_prk_steps: true,
      steps_offset: 1,
    },
  ],
  [
    'a schedule written out',
    {
      _class_name: 'DDPMScheduler',
      num_train_timesteps: 4,
      trained_betas: [0.1, 0.2, 0.3, 0.4],
      clip_sample: false,
      rescale_betas_zero_snr: true,
    },
  ],
];

describe("a distilled pipeline's scheduler", () => {
  test.each(files)('of %s is that of the student, read by its own class', (_, file) => {
    const taught = parseSchedulerConfig(JSON.stringify(file), 'before.json', 'ddim');
    const text = JSON.stringify(distilledSchedulerFile(taught, 8));
    expect(parseSchedulerConfig(text)).toEqual({
      ...taught,
      standsInFor: undefined,
      predictionType: 'v_prediction',
      distilledSteps: 8,
    });
    expect(taught.distilledSteps).toBeUndefined();
  });

  test.each([[null], ['8'], [{ steps: 0 }], [{ steps: 2.5 }], [{}]])(
    'says nothing of steps by %j',
    (_snapevo) => {
      const file = { _class_name: 'DDIMScheduler', clip_sample: false, _snapevo };
      expect(parseSchedulerConfig(JSON.stringify(file)).distilledSteps).toBeUndefined();
    },
  );
});
