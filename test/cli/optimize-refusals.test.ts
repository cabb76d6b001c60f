import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { spoil } from '../support/spoil-weights.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { writeTinyProject } from './built-cli.js';
import { recordCli } from './recorded-cli.js';
import { putTinyModels } from './tiny-models.js';

const project = temporaryFolder();

beforeAll(async () => {
  await writeTinyProject(project);
  putTinyModels(project);
});

/** What is said of a command that is refused before anything is begun. */
async function refusalOf(command: string, settings: readonly string[]): Promise<string> {
  const set = ['results=none', ...settings].flatMap((setting) => ['--set', setting]);
  const { status, output, notes } = await recordCli([command, 'optimize.yaml', ...set], project);
  expect({ status, output }).toEqual({ status: 2, output: '' });
  expect(existsSync(join(project, 'none'))).toBe(false);
  return notes;
}

describe('stages that nothing would come of', () => {
  it.each([
    [['stages=[evolve]', 'evolved=pipeline'], 'found [evolve] beside a pipeline that has evolved'],
    [['stages=[compare]'], 'found [compare] without a pipeline'],
  ])('are refused: %j', async (settings, found) => {
    const said = await refusalOf('optimize', settings);
    expect(said).toMatch(/error STAGES_IDLE: stages: expected some/);
    expect(said).toContain(found);
  });
});

describe('a command of one stage', () => {
  it.each(['distill', 'compress-decoder'])('refuses to be told of others: %s', async (command) => {
    const said = await refusalOf(command, ['stages=[decoder, compare]']);
    expect(said).toMatch(
      /error CONFIG_INVALID: --set stages=\[decoder, compare\]: stages: expected no stages/,
    );
  });
});

describe('a model that a key of the configuration names', () => {
  it.each([
    ['pipeline', 'pipeline'],
    ['evolved', 'evolved'],
    ['evaluation.scorer', 'evaluation.scorer'],
  ])('is not there, and the error says which key it was: %s', async (key, named) => {
    const said = await refusalOf('optimize', [`${key}=/nowhere`]);
    expect(said).toMatch(new RegExp(`^error MODEL_UNREADABLE: ${named}: .*/nowhere`));
  });

  it.each([
    ['pipeline', 'pipeline', 'unet/diffusion_pytorch_model.safetensors', 'conv_out.bias', []],
    ['evolved', 'pipeline', 'vae/diffusion_pytorch_model.safetensors', 'decoder.conv_in.bias', []],
    ['evaluation.scorer', 'scorer', 'model.safetensors', 'visual_projection.weight', []],
    [
      'evaluation.scorer',
      'scorer',
      'model.safetensors',
      'visual_projection.weight',
      ['stages=[decoder]', 'decoder.perceptualWeight=1'],
    ],
  ])(
    'holds numbers that are not finite, and nothing begins: %s',
    async (key, from, file, tensor, settings) => {
      const spoilt = join(temporaryFolder(), 'spoilt');
      cpSync(join(project, from), spoilt, { recursive: true });
      spoil(join(spoilt, file), tensor, 'notANumber');
      const said = await refusalOf('optimize', [`${key}=${spoilt}`, ...settings]);
      expect(said).toMatch(
        new RegExp(`^error WEIGHTS_NOT_FINITE: ${key}: expected .* numbers, found NaN$`, 'm'),
      );
      expect(said).toContain(`tensor ${JSON.stringify(tensor)}`);
    },
  );
});
