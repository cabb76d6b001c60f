import { join } from 'node:path';
import { elementCount, type Shape } from '../graph/value.js';
import type { SessionHost } from '../runtime/device-host.js';
import { float32Tensor } from '../runtime/tensor.js';
import { CaptionEmbeddings } from './caption-embeddings.js';
import { latentExtents } from './latent-extents.js';
import { RowModel } from './row-model.js';
import type { GenerationSettings, PipelineParts, PipelineSessions } from './text-to-image-pipeline.js';
import type { UNetPass } from './unet-session.js';

const modelOf = (folder: string, part: string): string => join(folder, part, 'model.onnx');

/**
 * The networks of a folder that was exported for ONNX Runtime, as its files are: there is one UNet, whichever is asked for.
 * @param parts of the pipeline that was exported
 * @throws SnapEvoError `SESSION_FAILED`
 */
export async function openExportedSessions(
  folder: string,
  { host, models, tokenizer }: Pick<PipelineParts, 'host' | 'models' | 'tokenizer'>,
  settings: GenerationSettings,
): Promise<PipelineSessions> {
  const { batch } = settings;
  const { channels, height, width } = latentExtents(models, settings);
  const ids = { batch, row: { dtype: 'int64', shape: [tokenizer.maxLength] } } as const;
  const latents = { batch, row: { dtype: 'float32', shape: [channels, height, width] } } as const;
  const embedded = { input: 'input_ids', output: 'last_hidden_state' };
  const decoded = { input: 'latent_sample', output: 'sample' };
  const text = await RowModel.open(host, modelOf(folder, 'text_encoder'), ids, embedded);
  return {
    text: new CaptionEmbeddings(text, tokenizer),
    unets: await openUNet(host, modelOf(folder, 'unet'), {
      latents: [channels, height, width],
      context: [tokenizer.maxLength, models.unet.config.contextChannels],
    }),
    decoder: await RowModel.open(host, modelOf(folder, 'vae_decoder'), latents, decoded),
  };
}

/** @param row extents of what one image's pass is fed with */
async function openUNet(
  host: SessionHost,
  path: string,
  row: { readonly latents: Shape; readonly context: Shape },
): Promise<PipelineSessions['unets']> {
  const session = await host.createSession(path);
  const pass: UNetPass = async (latents, timestep, context) => {
    const rows = latents.length / elementCount(row.latents);
    const outputs = await session.run({
      sample: float32Tensor([rows, ...row.latents], latents),
      timestep: float32Tensor([], Float32Array.of(timestep)),
      encoder_hidden_states: float32Tensor([rows, ...row.context], context),
    });
    return outputs['out_sample']?.data as Float32Array;
  };
  return { withPass: (_architecture, _weights, use) => use(pass), release: () => session.release() };
}
