import { gradients } from '../autodiff/gradients.js';
import { gaussianNoise } from '../diffusion/gaussian.js';
import { externalFolder } from '../graph/external-folder.js';
import { GraphBuilder } from '../graph/graph-builder.js';
import type { Graph } from '../graph/graph.js';
import * as op from '../graph/ops.js';
import { elementCount, type Value } from '../graph/value.js';
import { Parameters, weightParameters } from '../model/parameters.js';
import { buildVaeDecoder } from '../model/vae.js';
import { serializeModel } from '../onnx/serialize-model.js';
import type { DeviceHost } from '../runtime/device-host.js';
import { float32Tensor } from '../runtime/tensor.js';
import type { ChannelSet, ChannelStudy } from './channel-set.js';
import { decoderChannelSets } from './decoder-channels.js';
import type { Latents } from './make-latents.js';
import type { VaeModel } from './prune-decoder.js';

/**
 * Looks at a decoder's channels while it decodes. Their importance is how much the pictures change where one is turned down, to first order: the mean square
 * of the gradient with respect to a factor on all that reads it (Fisher pruning; Theis et al., "Faster gaze prediction with dense networks and Fisher pruning",
 * 2018, section 2.1). A decoder compared with itself has no gradient of its error; that of the likelihood of pictures drawn around its own, with unit
 * deviation, is the gradient along noise, taken here.
 * @param latents divided by the scaling factor already; each is decoded once
 * @throws the signal's reason, between two latents
 */
export async function studyChannels(
  host: DeviceHost,
  vae: VaeModel,
  { shape, rows }: Latents,
  signal?: AbortSignal,
): Promise<ChannelStudy> {
  const { graph, picture, gates, reads } = studyGraph(vae, shape);
  const squares = new Map(Array.from(gates, ([{ name, channels }]) => [name, new Float64Array(channels)]));
  const means = new Map(
    Array.from(
      reads,
      ([
        name,
        {
          shape: [channels = 0],
        },
      ]) => [name, new Float64Array(channels)],
    ),
  );
  const session = await host.createSession(serializeModel(graph), externalFolder(graph));
  try {
    for (const [index, row] of rows.entries()) {
      signal?.throwIfAborted();
      const noise = gaussianNoise({ seed: 0, index }, elementCount(picture.shape));
      const feeds = {
        latents: float32Tensor([1, ...shape], row),
        noise: float32Tensor(picture.shape, noise),
      };
      const outputs = await session.run(feeds);
      const numbers = ({ name }: Value): Float32Array => outputs[name]?.data as Float32Array;
      for (const [{ name }, gate] of gates) addTo(squares.get(name), numbers(gate), (each) => each ** 2);
      for (const [name, mean] of reads) addTo(means.get(name), numbers(mean), (each) => each / rows.length);
    }
  } finally {
    await session.release();
  }
  return { importance: ({ name, channels }) => squares.get(name) ?? new Float64Array(channels), means };
}

function addTo(sums: Float64Array | undefined, found: Float32Array, term: (each: number) => number): void {
  found.forEach((each, i) => {
    if (sums !== undefined) sums[i] = (sums[i] ?? 0) + term(each);
  });
}

/** Decoding one picture, and beside it what is to be known of its channels. */
interface StudyGraph {
  readonly graph: Graph;
  readonly picture: Value;
  /** Gradients of the picture's product with noise for a factor on each channel. */
  readonly gates: ReadonlyMap<ChannelSet, Value>;
  readonly reads: ReadonlyMap<string, Value>;
}

function studyGraph({ config, weights }: VaeModel, latentShape: Latents['shape']): StudyGraph {
  const g = new GraphBuilder();
  const known = new Map<string, Value>();
  const source = weightParameters(weights);
  const watched = new Parameters((at, { name, shape, initialization }) => {
    const value = source.get(at, name, shape, initialization);
    known.set(name, value);
    return value;
  });
  const latents = g.input('latents', { dtype: 'float32', shape: [1, ...latentShape] });
  const picture = buildVaeDecoder(g, config, watched, latents);
  const reads = meansRead(g);
  const noise = g.input('noise', { dtype: 'float32', shape: picture.shape });
  const found = gradients(g, new Map([[picture, noise]]), [...known.values()]);
  const gradientOf = (parameter: string, axis: number): Value => {
    const weight = known.get(parameter) as Value;
    const product = op.mul(g, weight, found.get(weight) as Value);
    const others = op.allAxes(weight).filter((each) => each !== axis);
    return others.length === 0 ? product : op.reduceSum(g, product, others);
  };
  const gates = new Map(
    decoderChannelSets(config).map((set) => [
      set,
      gateAxes(set)
        .map(({ parameter, axis }) => gradientOf(parameter, axis))
        .reduce((sum, each) => op.add(g, sum, each)),
    ]),
  );
  return { graph: g.build('study', [...gates.values(), ...reads.values()]), picture, gates, reads };
}

/** Of every convolution and linear layer so far, by its weight: the mean of each channel it reads. */
function meansRead(g: GraphBuilder): ReadonlyMap<string, Value> {
  const layers = g.nodes.filter((node) => node.op === 'Conv' || node.op === 'Gemm');
  return new Map(
    layers.map(({ inputs }) => {
      const [x, weight] = inputs as readonly [Value, Value];
      return [
        weight.name,
        op.reduceMean(
          g,
          x,
          op.allAxes(x).filter((axis) => axis !== 1),
        ),
      ];
    }),
  );
}

/** A factor on all of these is one on the channels: the layers that read them; or, of queries and keys, which no layer reads, the one that gives queries. */
function gateAxes({ name, axes }: ChannelSet): ChannelSet['axes'] {
  const readers = axes.filter(({ axis }) => axis === 1);
  return readers.length > 0 ? readers : axes.filter(({ parameter }) => parameter.startsWith(`${name}.`));
}
