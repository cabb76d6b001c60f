import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseSchedulerConfig } from '../../src/diffusion/scheduler-config.js';
import { SnapEvoError } from '../../src/errors/snapevo-error.js';
import { checkShape } from '../../src/files/check-shape.js';
import { parseVaeConfig } from '../../src/model/vae-config.js';

const poser = { length: { toString: 0 } };

describe('checkShape', () => {
  it('takes what fits, and says what does not', () => {
    expect(checkShape(z.string().max(3), 'abc')).toEqual({ success: true, data: 'abc' });
    expect(checkShape(z.string().max(3), 'abcd').error?.issues).toMatchObject([{ code: 'too_big' }]);
  });

  it('refuses an object whose length is no number', () => {
    for (const schema of [z.array(z.unknown()).max(3), z.string().min(1), z.string().length(3)]) {
      expect(checkShape(z.object({ a: schema }), { a: poser }).success).toBe(false);
    }
  });

  it('lets slips of our own pass', () => {
    const slip = z.unknown().transform(() => {
      throw new TypeError('ours');
    });
    expect(() => checkShape(slip, 1)).toThrow('ours');
  });
});

it.each([
  ['a VAE', () => parseVaeConfig(JSON.stringify({ block_out_channels: poser }))],
  [
    'a scheduler',
    () => parseSchedulerConfig(JSON.stringify({ _class_name: 'DDIMScheduler', trained_betas: poser })),
  ],
])('%s is refused that has one', (_, parse) => {
  expect(parse).toThrow(SnapEvoError);
});
