import { int8Blocks, type Architecture } from '../architecture/architecture.js';
import { buildUNet } from '../model/unet.js';
import { float32Tensor } from '../runtime/tensor.js';
import { withInt8Blocks } from './int8-blocks.js';
import { measuredGraph, type MeasuredGraph } from './measured-graph.js';
import { measuredParameters, type MeasuredUNet, type StepShape } from './measured-unet.js';

const someTimestep = 500;

/**
 * A graph of one step of the whole UNet.
 * @throws SnapEvoError `WEIGHTS_MISMATCH`, `UNET_SAMPLE_SIZE`, `ARCHITECTURE_MISMATCH`
 */
export function stepGraph(
  unet: MeasuredUNet,
  architecture: Architecture,
  { batchSize, latentHeight, latentWidth, contextLength }: StepShape,
): MeasuredGraph {
  const { config } = unet;
  const inputs = {
    sample: [batchSize, config.inChannels, latentHeight, latentWidth],
    timestep: [batchSize],
    encoderHiddenStates: [batchSize, contextLength, config.contextChannels],
  };
  const measured = measuredGraph('step', inputs, (g, values) =>
    buildUNet(g, config, architecture, measuredParameters(unet), values),
  );
  const { graph, feeds } = withInt8Blocks(unet, measured, int8Blocks(architecture));
  const timestep = float32Tensor([batchSize], new Float32Array(batchSize).fill(someTimestep));
  return { graph, feeds: { ...feeds, timestep } };
}
