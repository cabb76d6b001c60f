import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { evolutionField, evolutionRecord } from '../model/evolution.js';
import { writeModel, type LoadedModel, type WeightDtype } from '../model/model-folder.js';
import { clipTextKind, unetKind, vaeKind, type ModelKind } from '../model/model-kind.js';
import { modelIndex, vaeComponent } from '../model/pipeline-folder.js';
import { evolvedUNetClass } from '../model/unet-config.js';
import { unetArchitecture } from '../model/unet-architecture.js';
import { unetParameters } from '../model/unet.js';
import { copySmallFiles } from './copy-small-files.js';
import { unetWeights, type FloatDtype, type ExportedModel } from './exported-model.js';
import { publicJson } from './public-json.js';
import { expressAsStock, type StockFields } from './stock-unet.js';

/** The Python module that travels with architectures diffusers has no class for. */
const moduleName = 'snapevo_unet';
const moduleFile = fileURLToPath(new URL(`../../python/${moduleName}.py`, import.meta.url));

const storedAs: Readonly<Record<FloatDtype, WeightDtype>> = { fp32: 'F32', fp16: 'F16' };
const torchDtypes: Readonly<Record<FloatDtype, string>> = { fp32: 'float32', fp16: 'float16' };

/** Which class of diffusers a UNet was written for. */
export type UNetClass = 'UNet2DConditionModel' | typeof evolvedUNetClass;

/**
 * Writes a pipeline's folder that diffusers loads, with a UNet of its own class where that can express the architecture, or else with a module that can.
 * @throws SafetensorsError when a weight is too large for `dtype` or the disk is full
 */
export function writeDiffusersFolder(
  folder: string,
  model: ExportedModel,
  { dtype }: { readonly dtype: FloatDtype },
): { readonly unetClass: UNetClass } {
  const { vae, textEncoder, tokenizerFolder, schedulerFolder, components } = model.pipeline;
  const unetClass = writeUNet(join(folder, 'unet'), model, dtype);
  writePart(vaeKind, join(folder, 'vae'), vae, dtype);
  const torch = { dtype: undefined, torch_dtype: torchDtypes[dtype] };
  writePart(clipTextKind, join(folder, 'text_encoder'), textEncoder, dtype, torch);
  copySmallFiles(tokenizerFolder, join(folder, 'tokenizer'));
  copySmallFiles(schedulerFolder, join(folder, 'scheduler'));
  const library = unetClass === evolvedUNetClass ? moduleName : 'diffusers';
  const index = modelIndex('StableDiffusionPipeline', {
    ...components,
    unet: [library, unetClass],
    vae: vaeComponent(vae),
  });
  writeFileSync(join(folder, 'model_index.json'), index);
  return { unetClass };
}

function writeUNet(folder: string, model: ExportedModel, dtype: FloatDtype): UNetClass {
  const { architecture, pipeline } = model;
  const { config, configText } = pipeline.unet;
  const stock = expressAsStock(config, architecture);
  const specs = unetParameters(config, architecture);
  const weights = unetWeights(
    model,
    specs.map(({ name }) => name),
  );
  const written = { config, configText: evolvedConfig(configText, model, stock), weights };
  writeModel(unetKind, folder, written, { dtype: storedAs[dtype], specs });
  if (stock !== undefined) return 'UNet2DConditionModel';
  copyFileSync(moduleFile, join(folder, `${moduleName}.py`));
  return evolvedUNetClass;
}

/** The pretrained configuration, with what diffusers' class is to make of it and how the architecture came to differ. */
function evolvedConfig(
  text: string,
  { architecture, pipeline }: ExportedModel,
  stock: StockFields | undefined,
): string {
  const { config } = pipeline.unet;
  const pretrained = expressAsStock(config, unetArchitecture(config));
  return publicJson(text, {
    ...(stock ?? pretrained),
    _class_name: stock === undefined ? evolvedUNetClass : 'UNet2DConditionModel',
    [evolutionField]: evolutionRecord(architecture, { ...pretrained }),
  });
}

function writePart<Config>(
  kind: ModelKind<Config>,
  folder: string,
  model: LoadedModel<Config>,
  dtype: FloatDtype,
  changes: Readonly<Record<string, unknown>> = {},
): void {
  const written = { ...model, configText: publicJson(model.configText, changes) };
  writeModel(kind, folder, written, { dtype: storedAs[dtype] });
}
