// Writes a pipeline of the Stable Diffusion family with random weights, the same bytes every time:
// `npx tsx bench/full-size/make-random-pipeline.ts FOLDER [--unet sd-v1.5] [--narrow 1] [--dtype F32] [--only-unet]`.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { initializeParameters } from '../../src/model/initialize-parameters.js';
import { writeModel, type WeightDtype } from '../../src/model/model-folder.js';
import { clipTextKind, unetKind, vaeKind, type ModelKind } from '../../src/model/model-kind.js';
import { parameterCount } from '../../src/model/parameter-count.js';
import { narrowed, scheduler, textEncoder, unets, vae } from './family.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    unet: { type: 'string', default: 'sd-v1.5' },
    narrow: { type: 'string', default: '1' },
    dtype: { type: 'string', default: 'F32' },
    'only-unet': { type: 'boolean', default: false },
  },
});
const dtypes: readonly string[] = ['F32', 'F16', 'BF16'] satisfies WeightDtype[];
const [folder] = positionals;
const unet = Object.entries(unets).find(([name]) => name === options.unet)?.[1];
if (folder === undefined) throw new Error('expected the folder to write');
if (unet === undefined) throw new Error(`expected --unet ${Object.keys(unets).join(' or ')}`);
if (!dtypes.includes(options.dtype)) throw new Error(`expected --dtype ${dtypes.join(', ')}`);
const dtype = options.dtype as WeightDtype;

function write<Config>(kind: ModelKind<Config>, name: string, file: object): void {
  const configText = `${JSON.stringify(file, null, 2)}\n`;
  const config = kind.parse(configText, name);
  const specs = kind.parameters(config);
  const weights = initializeParameters(specs, 0);
  writeModel(kind, join(folder as string, name), { config, configText, weights }, { dtype });
  console.log(`${name}: ${parameterCount(specs).toLocaleString('en')} parameters`);
}

function writeJson(file: string, content: object): void {
  writeFileSync(join(folder as string, file), `${JSON.stringify(content, null, 2)}\n`);
}

/** The emoji pipeline's tokens, which are some of many: CLIP's own are not ours to ship. */
function writeTokenizer(): void {
  const shipped = fileURLToPath(new URL('../../models/emoji/tokenizer', import.meta.url));
  cpSync(shipped, join(folder as string, 'tokenizer'), { recursive: true });
  const name = 'tokenizer_config.json';
  const config = JSON.parse(readFileSync(join(shipped, name), 'utf8')) as object;
  writeJson(join('tokenizer', name), { ...config, model_max_length: textEncoder.max_position_embeddings });
}

write(unetKind, 'unet', narrowed(unet, Number(options.narrow)));
if (!options['only-unet']) {
  write(vaeKind, 'vae', vae);
  write(clipTextKind, 'text_encoder', textEncoder);
  writeTokenizer();
  mkdirSync(join(folder, 'scheduler'), { recursive: true });
  writeJson(join('scheduler', 'scheduler_config.json'), scheduler);
  writeJson('model_index.json', {
    _class_name: 'StableDiffusionPipeline',
    unet: ['diffusers', 'UNet2DConditionModel'],
    vae: ['diffusers', 'AutoencoderKL'],
    text_encoder: ['transformers', 'CLIPTextModel'],
    tokenizer: ['transformers', 'CLIPTokenizer'],
    scheduler: ['diffusers', scheduler._class_name],
    safety_checker: [null, null],
    feature_extractor: [null, null],
    requires_safety_checker: false,
  });
}
