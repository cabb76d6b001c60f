import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.js';
import { pretrainConfigSchema } from '../../src/config/pretrain-config.js';
import type { CaptionedImage } from '../../src/data/captioned-image.js';
import { encodePng } from '../../src/data/encode-png.js';
import { DeviceHost } from '../../src/runtime/device-host.js';
import { parseDevice } from '../../src/runtime/device.js';
import { pretrain } from '../../src/training/pretrain.js';
import { pretrainStages, type PretrainStage } from '../../src/training/pretrain-stage.js';
import type { StepReport } from '../../src/training/training-session.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const root = temporaryFolder();
const tinyConfigs = fileURLToPath(new URL('../cli/tiny/', import.meta.url));
const names = ['red square', 'green square', 'blue square', 'white square', 'grey square'];
let pictures: CaptionedImage[];
let host: DeviceHost;

beforeAll(async () => {
  host = new DeviceHost(parseDevice('cpu', 1));
  pictures = await Promise.all(
    names.map(async (name, index) => {
      const imagePath = join(root, `${index}.png`);
      const pixels = Uint8Array.from({ length: 3 * 16 * 16 }, (_, i) => (i * (index + 1) * 7) % 256);
      writeFileSync(imagePath, await encodePng(pixels, { height: 16, width: 16 }));
      return { id: name, imagePath, captions: [name, `${name}, shape`], weight: 1, mirrorable: index > 2 };
    }),
  );
});
afterAll(() => host.close());

/** A pretraining of the tiny models in a folder of its own, which remembers what it was told. */
function pretrainingIn(name: string) {
  const folder = join(root, name);
  mkdirSync(folder);
  const config = loadConfig(pretrainConfigSchema, 'pretrain.yaml', { currentFolder: tinyConfigs });
  const plan = { ...config, out: { pipeline: join(folder, 'pipeline'), scorer: join(folder, 'scorer') } };
  const reports = new Map<string, StepReport>();
  const checkpoints: string[] = [];
  return {
    reports,
    checkpoints,
    /** Goes on until so many steps of a stage are done, or to the end. */
    run: async (stop?: { readonly stage: PretrainStage; readonly step: number }): Promise<boolean> => {
      const control = new AbortController();
      return pretrain({
        plan,
        pictures,
        host,
        workFolder: join(folder, 'work'),
        observer: {
          signal: control.signal,
          onSteps: (stage, firstStep, found) => {
            found.forEach((report, i) => reports.set(`${stage} ${firstStep + i}`, report));
            if (stage === stop?.stage && firstStep + found.length > stop.step) control.abort();
          },
          onCheckpoint: (stage, step) => checkpoints.push(`${stage} ${step}`),
        },
      });
    },
    files: () => filesIn(folder),
  };
}

/** SHA-256 of every file of a folder and those in it, by its path. */
function filesIn(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
  return Object.fromEntries(
    paths
      .filter((path) => statSync(join(folder, path)).isFile())
      .map((path) => [
        path,
        createHash('sha256')
          .update(readFileSync(join(folder, path)))
          .digest('hex'),
      ]),
  );
}

describe('a pretraining', () => {
  let whole: ReturnType<typeof pretrainingIn>;
  beforeAll(async () => {
    whole = pretrainingIn('whole');
    expect(await whole.run()).toBe(true);
  });

  it('interrupted in every stage and resumed gives the same bits as one that was not', async () => {
    const stopped = pretrainingIn('stopped');
    for (const stage of pretrainStages) expect(await stopped.run({ stage, step: 2 })).toBe(false);
    expect(await stopped.run()).toBe(true);
    expect(stopped.files()).toEqual(whole.files());
    expect(Object.keys(whole.files())).toContain(join('pipeline', 'model_index.json'));
    expect(Object.fromEntries(stopped.reports)).toEqual(Object.fromEntries(whole.reports));
    expect(whole.reports.size).toBe(4 * pretrainStages.length);
    expect(stopped.checkpoints).toEqual(whole.checkpoints);
  });

  it('that is done stays as it is when it is asked for again', async () => {
    const [files, told] = [whole.files(), whole.checkpoints.length];
    expect(await whole.run()).toBe(true);
    expect(whole.files()).toEqual(files);
    expect(whole.checkpoints).toHaveLength(told);
  });
});
