import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readClipPreprocessing } from '../../../src/cli/compose/read-clip-preprocessing.js';
import { readModelText } from '../../../src/cli/compose/read-model-text.js';
import { parseSchedulerConfig } from '../../../src/diffusion/scheduler-config.js';
import { copyPublicJson } from '../../../src/export/public-json.js';
import { parseClipConfig } from '../../../src/model/clip-config.js';
import { parseClipTextConfig } from '../../../src/model/clip-text-config.js';
import { evolutionField, parsePretrainedUNet, storedArchitecture } from '../../../src/model/evolution.js';
import { readPipelineIndex } from '../../../src/model/pipeline-folder.js';
import { unetArchitecture } from '../../../src/model/unet-architecture.js';
import { parseUNetConfig } from '../../../src/model/unet-config.js';
import { parseVaeConfig } from '../../../src/model/vae-config.js';
import { canonicalForm, hashArchitecture } from '../../../src/architecture/canonical-form.js';
import { fuzzed, type FuzzedParser } from '../fuzzed-parser.js';
import { hostileJsonBytes } from '../mutations.js';

function golden(path: string): Record<string, unknown> {
  const text = readFileSync(new URL(`../../golden/${path}`, import.meta.url), 'utf8');
  return JSON.parse(text) as Record<string, unknown>;
}

/** A parser of texts, given them as `snapevo` reads them from a file. */
function ofText(
  name: string,
  samples: readonly unknown[],
  parse: (text: string, path: string) => unknown,
): FuzzedParser {
  return fuzzed({
    name,
    inputs: hostileJsonBytes(...samples),
    read: (bytes, folder) => {
      const path = join(folder, 'config.json');
      writeFileSync(path, bytes);
      return parse(readModelText(path), path);
    },
  });
}

const unetFile = golden('model/pipeline/unet/config.json');
const architecture = unetArchitecture(parseUNetConfig(JSON.stringify(unetFile)));
const evolved = {
  ...unetFile,
  [evolutionField]: {
    architecture: canonicalForm(architecture),
    hash: hashArchitecture(architecture),
    pretrained: { layers_per_block: unetFile['layers_per_block'] },
  },
};

const scheduler = {
  _class_name: 'DPMSolverMultistepScheduler',
  ...{ num_train_timesteps: 1000, beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear' },
  ...{ prediction_type: 'epsilon', timestep_spacing: 'leading', steps_offset: 1, trained_betas: null },
  ...{ solver_order: 2, use_karras_sigmas: true, final_sigmas_type: 'zero' },
};
const preprocessor = golden('clip/vit-b-32/preprocessor_config.json');

export const models: readonly FuzzedParser[] = [
  fuzzed({
    name: 'model_index.json',
    inputs: hostileJsonBytes(golden('model/pipeline/model_index.json')),
    read: (bytes, folder) => {
      writeFileSync(join(folder, 'model_index.json'), bytes);
      return readPipelineIndex(join(folder, 'model_index.json'));
    },
  }),
  ofText('unet/config.json', [unetFile, evolved], (text, path) =>
    storedArchitecture(parsePretrainedUNet(text, path), text, path),
  ),
  ofText(
    'vae/config.json',
    [golden('model/pipeline/vae/config.json'), golden('decoder/student/config.json')],
    parseVaeConfig,
  ),
  ofText(
    'text_encoder/config.json',
    [golden('model/pipeline/text_encoder/config.json')],
    parseClipTextConfig,
  ),
  ofText('CLIP config.json', [golden('clip/vit-b-32/config.json')], parseClipConfig),
  ofText(
    'scheduler_config.json',
    [
      scheduler,
      { ...scheduler, _class_name: 'DDIMScheduler', clip_sample: false },
      { ...scheduler, _class_name: 'PNDMScheduler' },
    ],
    parseSchedulerConfig,
  ),
  fuzzed({
    name: 'preprocessor_config.json',
    inputs: hostileJsonBytes(preprocessor, { image_processor: preprocessor }),
    read: (bytes, folder) => {
      for (const name of ['preprocessor_config.json', 'processor_config.json'])
        writeFileSync(join(folder, name), bytes);
      return readClipPreprocessing(folder);
    },
  }),
  fuzzed({
    name: 'exported configuration',
    inputs: hostileJsonBytes({
      ...unetFile,
      _name_or_path: '/home/canary/model',
      text: { vocab_file: '/home/canary/v' },
      eps: 1e-5,
    }),
    read: (bytes, folder) => {
      const [from, to] = [join(folder, 'from.json'), join(folder, 'to.json')];
      writeFileSync(from, bytes);
      copyPublicJson(from, to);
      const written = readFileSync(to, 'utf8');
      JSON.parse(written);
      if (written.includes('"/home/canary')) throw new Error(`exports a local path: ${written}`);
    },
  }),
];
