import {
  assembleArchitecture,
  isPresent,
  type Architecture,
  type PlacedBlock,
} from '../architecture/architecture.js';
import { isCopy } from '../architecture/block.js';
import { externalFolder } from '../graph/external-folder.js';
import { GraphBuilder } from '../graph/graph-builder.js';
import { branch } from '../graph/ops.js';
import type { Graph } from '../graph/graph.js';
import { sinkInitializers } from '../graph/sink-initializers.js';
import type { Value } from '../graph/value.js';
import type { BlockRunner } from '../model/block-runner.js';
import { initializerParameters, type Weights } from '../model/parameters.js';
import type { UNetConfig } from '../model/unet-config.js';
import { buildUNet } from '../model/unet.js';
import { serializeModel } from '../onnx/serialize-model.js';
import type { RemoteSession, SessionHost } from '../runtime/device-host.js';
import { boolTensor, float32Tensor, type Tensors } from '../runtime/tensor.js';
import { blockWeights, withInt8Blocks } from './block-weights.js';

/** Extents of what a UNet is fed with. */
export interface UNetExtents {
  /** Images of one pass, those without a caption included. */
  readonly rows: number;
  /** Of the latents. */
  readonly height: number;
  readonly width: number;
  readonly tokens: number;
}

/**
 * One forward pass of an architecture.
 * @param latents [rows, channels, height, width]
 * @param context text embeddings, [rows, tokens, contextChannels]
 * @returns the prediction, of the latents' shape
 */
export type UNetPass = (
  latents: Float32Array,
  timestep: number,
  context: Float32Array,
) => Promise<Float32Array>;

export interface GatedUNet {
  readonly config: UNetConfig;
  /** Its blocks are those of the graph, the skipped ones too. */
  readonly architecture: Architecture;
  readonly extents: UNetExtents;
}

const gateName = (block: string): string => `gate:${block}`;
const identityOf = ({ id, source = '' }: PlacedBlock): string => `${id} ${source}`;

/** Of a skipped block nothing runs that has a precision, unless it leaves a projection. */
const runsAs = (one: PlacedBlock, other: PlacedBlock): boolean =>
  identityOf(one) === identityOf(other) &&
  (one.precision === other.precision || (!other.present && !other.changesChannels));

/**
 * A UNet whose every block stands in an `If` with a boolean input `gate:<block>`: one graph for all architectures that
 * leave out some of its blocks. Further inputs: `latents`, `timestep` and `context`.
 */
function buildGatedUNet({ config, architecture, extents }: GatedUNet, weights: Weights): Graph {
  const { rows, height, width, tokens } = extents;
  const g = new GraphBuilder();
  const float32 = (name: string, shape: readonly number[]): Value =>
    g.input(name, { dtype: 'float32', shape });
  const inputs = {
    sample: float32('latents', [rows, config.inChannels, height, width]),
    timestep: float32('timestep', [rows]),
    encoderHiddenStates: float32('context', [rows, tokens, config.contextChannels]),
  };
  const runGated: BlockRunner = (at, { id }, { body, skipped }) => {
    const gate = g.input(gateName(id), { dtype: 'bool', shape: [] });
    const [output] = branch(
      at,
      gate,
      (nested) => [body(nested)],
      (nested) => [skipped(nested)],
    );
    return output as Value;
  };
  const parameters = initializerParameters(blockWeights(weights, architecture));
  const output = buildUNet(g, config, withAllBlocks(architecture), parameters, inputs, runGated);
  return sinkInitializers(withInt8Blocks(g.build('unet', [output]), architecture, weights));
}

/** A {@link buildGatedUNet} on a device: runs every architecture made of its blocks without being loaded again. */
export class UNetSession {
  readonly #session: RemoteSession;
  readonly #unet: GatedUNet;
  readonly #output: string;

  private constructor(session: RemoteSession, unet: GatedUNet, output: string) {
    this.#session = session;
    this.#unet = unet;
    this.#output = output;
  }

  /** Throws `WEIGHTS_MISMATCH`, `UNET_SAMPLE_SIZE`, `ARCHITECTURE_MISMATCH` or `SESSION_FAILED`. */
  static async create(host: SessionHost, unet: GatedUNet, weights: Weights): Promise<UNetSession> {
    const graph = buildGatedUNet(unet, weights);
    const session = await host.createSession(serializeModel(graph), externalFolder(graph));
    return new UNetSession(session, unet, graph.outputs[0]?.name ?? '');
  }

  /** Whether the architecture has the session's blocks: copies may be missing, since a closed gate does the same. */
  canRun({ base, blocks }: Architecture): boolean {
    const wanted = blocks.map(identityOf);
    const own = this.#unet.architecture;
    const needed = own.blocks.filter((block) => !isCopy(block) || wanted.includes(identityOf(block)));
    return (
      base === own.base &&
      needed.length === blocks.length &&
      needed.every((block, i) => runsAs(block, blocks[i] as PlacedBlock))
    );
  }

  /** The forward pass of an architecture that the session {@link canRun}. */
  passOf(architecture: Architecture): UNetPass {
    const { config, extents } = this.#unet;
    const { rows, height, width, tokens } = extents;
    const gates = this.#gates(architecture);
    return async (latents, timestep, context) => {
      const outputs = await this.#session.run({
        latents: float32Tensor([rows, config.inChannels, height, width], latents),
        timestep: float32Tensor([rows], new Float32Array(rows).fill(timestep)),
        context: float32Tensor([rows, tokens, config.contextChannels], context),
        ...gates,
      });
      return outputs[this.#output]?.data as Float32Array;
    };
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  #gates(architecture: Architecture): Tensors {
    const { blocks } = this.#unet.architecture;
    return Object.fromEntries(
      blocks.map(({ id }) => [gateName(id), boolTensor([], [isPresent(architecture, id)])]),
    );
  }
}

function withAllBlocks({ base, blocks }: Architecture): Architecture {
  return assembleArchitecture(
    base,
    blocks.map((block) => ({ ...block, present: true })),
  );
}
