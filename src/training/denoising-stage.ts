import type { Architecture } from '../architecture/architecture.js';
import type { Value } from '../graph/value.js';
import { buildClipText, clipTextParameters } from '../model/clip-text.js';
import type { ClipTextConfig } from '../model/clip-text-config.js';
import type { UNetConfig } from '../model/unet-config.js';
import { buildUNet, unetParameters } from '../model/unet.js';
import { adamWDefaults } from './adam-w.js';
import { denoisingBatches, type DenoisingData } from './denoising-batches.js';
import { graphParameters } from './graph-parameters.js';
import { meanSquaredError } from './losses.js';
import { layOutParameters } from './parameter-layout.js';
import type { StageSchedule } from './stage-schedule.js';
import type { TrainingStage } from './train-stage.js';

/** Training of a UNet and the text encoder that conditions it, from nothing. */
export interface DenoisingTraining extends StageSchedule, DenoisingData {
  readonly unet: UNetConfig;
  readonly architecture: Architecture;
  readonly textEncoder: ClipTextConfig;
}

export const unetPrefix = 'unet/';
export const textPrefix = 'text_encoder/';

/** Parameters of the UNet and the text encoder together, by prefixed names. */
export function denoisingParameters({ unet, architecture, textEncoder }: DenoisingTraining) {
  return [
    ...unetParameters(unet, architecture).map((spec) => ({ ...spec, name: unetPrefix + spec.name })),
    ...clipTextParameters(textEncoder).map((spec) => ({ ...spec, name: textPrefix + spec.name })),
  ];
}

/** Noise or velocity prediction, as the scheduler says, on latents with captions. */
export function denoisingStage(training: DenoisingTraining): TrainingStage {
  const { unet, architecture, textEncoder, data, batch } = training;
  const latentShape = [batch, ...data.shape];
  const tokens = data.emptyCaption.length;
  return {
    ...training,
    spec: {
      groups: layOutParameters(denoisingParameters(training), (name) =>
        name.split('.').slice(0, 4).join('.'),
      ),
      batch: {
        noisy: { dtype: 'float32', shape: latentShape },
        target: { dtype: 'float32', shape: latentShape },
        timestep: { dtype: 'float32', shape: [batch] },
        tokens: { dtype: 'int64', shape: [batch, tokens] },
      },
      buildLoss: (g, parameter, inputs) => {
        const {
          noisy,
          target,
          timestep,
          tokens: ids,
        } = inputs as Record<string, Value> & {
          noisy: Value;
          target: Value;
          timestep: Value;
          tokens: Value;
        };
        const text = graphParameters((name) => parameter(textPrefix + name));
        const { lastHiddenState } = buildClipText(g, textEncoder, text, ids);
        const own = graphParameters((name) => parameter(unetPrefix + name));
        const reads = { sample: noisy, timestep, encoderHiddenStates: lastHiddenState };
        return { loss: meanSquaredError(g, buildUNet(g, unet, architecture, own, reads), target) };
      },
      optimizer: { ...adamWDefaults, weightDecay: training.weightDecay },
      maxGradientNorm: training.maxGradientNorm,
      ema: true,
      stepsPerRun: training.stepsPerRun,
    },
    batchAt: denoisingBatches(training),
  };
}
