import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Graph } from '../graph/graph.js';
import { evolutionField, evolutionRecord } from '../model/evolution.js';
import type { Weights } from '../model/parameters.js';
import { modelIndex, type Pipeline } from '../model/pipeline-folder.js';
import { expressAsStock } from './stock-unet.js';
import { unetArchitecture } from '../model/unet-architecture.js';
import { unetParameters } from '../model/unet.js';
import { vaeClass, type VaeStages } from '../model/vae-config.js';
import { copySmallFiles } from './copy-small-files.js';
import { unetWeights, type ExportDtype, type ExportedModel } from './exported-model.js';
import { publicJson } from './public-json.js';
import { exportedTextEncoder } from './text-encoder-graph.js';
import { exportedUNet } from './unet-graph.js';
import { exportedVaeDecoder, exportedVaeEncoder } from './vae-graphs.js';
import { writeOnnx } from './write-onnx.js';

/**
 * Writes a pipeline's folder as Optimum exports it, for ONNX Runtime's diffusion pipelines: graphs of any batch and picture size, each with its
 * configuration, the tokenizer and the scheduler.
 * @param dtype what weights are stored as; computed with is float32 either way
 * @throws SnapEvoError `EXPORT_OVERFLOW`
 */
export function writeOnnxFolder(
  folder: string,
  model: ExportedModel,
  { dtype }: { readonly dtype: ExportDtype },
): void {
  const { pipeline, architecture } = model;
  const { unet, vae, textEncoder, components } = pipeline;
  const specs = unetParameters(unet.config, architecture);
  const weights = unetWeights(
    model,
    specs.map(({ name }) => name),
  );
  const write = (part: string, graph: Graph, partWeights: Weights, configText: string): void => {
    writeOnnx(join(folder, part), graph, partWeights);
    writeFileSync(join(folder, part, 'config.json'), configText);
  };
  write('unet', exportedUNet(unet.config, architecture, dtype), weights, unetConfig(model));
  const decoderStages = vae.config.decoder ?? vae.config;
  write('vae_encoder', exportedVaeEncoder(vae.config, dtype), vae.weights, halfConfig(vae, vae.config));
  write('vae_decoder', exportedVaeDecoder(vae.config, dtype), vae.weights, halfConfig(vae, decoderStages));
  const textConfig = publicJson(textEncoder.configText);
  write('text_encoder', exportedTextEncoder(textEncoder.config, dtype), textEncoder.weights, textConfig);
  copySmallFiles(pipeline.tokenizerFolder, join(folder, 'tokenizer'));
  copySmallFiles(pipeline.schedulerFolder, join(folder, 'scheduler'));
  const unetComponent = ['diffusers', 'UNet2DConditionModel'] as const;
  const index = modelIndex('StableDiffusionPipeline', {
    ...components,
    unet: unetComponent,
    vae: ['diffusers', vaeClass],
  });
  writeFileSync(join(folder, 'model_index.json'), index);
}

/** Optimum knows the plain class alone; each half of an asymmetric VAE is that of one with the half's own stages. */
function halfConfig({ config, configText }: Pipeline['vae'], stages: VaeStages): string {
  if (config.decoder === undefined) return publicJson(configText);
  return publicJson(configText, {
    _class_name: vaeClass,
    block_out_channels: stages.blockOutChannels,
    layers_per_block: stages.layersPerBlock,
    down_block_out_channels: undefined,
    layers_per_down_block: undefined,
    up_block_out_channels: undefined,
    layers_per_up_block: undefined,
  });
}

/** The pretrained configuration: the graph says which blocks there are. Optimum wants to know of the one field that says it takes no guidance scale. */
function unetConfig({ pipeline, architecture }: ExportedModel): string {
  const { config, configText } = pipeline.unet;
  const pretrained = expressAsStock(config, unetArchitecture(config));
  return publicJson(configText, {
    ...pretrained,
    _class_name: 'UNet2DConditionModel',
    time_cond_proj_dim: null,
    [evolutionField]: evolutionRecord(architecture, { ...pretrained }),
  });
}
