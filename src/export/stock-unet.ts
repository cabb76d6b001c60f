import type { Architecture, PlacedBlock } from '../architecture/architecture.js';
import { isCopy } from '../architecture/block.js';
import type { UNetConfig } from '../model/unet-config.js';
import { layOutUNet, type UNetStage } from '../model/unet-layout.js';

/** Fields of a `UNet2DConditionModel`'s configuration that say which blocks there are. */
export interface StockFields {
  readonly down_block_types: readonly string[];
  readonly mid_block_type: string | null;
  readonly up_block_types: readonly string[];
}

/** Which blocks of a stage run. */
type Presence = ReadonlyMap<string, boolean>;

/**
 * The architecture as fields of diffusers' own class, where that has it: no copies, every ResNet block of the stages down and up (each gives or takes a
 * long skip), of a stage's attentions all or none, and of the middle all, the first ResNet block alone, or nothing.
 * @returns undefined where it does not
 */
export function expressAsStock(config: UNetConfig, { blocks }: Architecture): StockFields | undefined {
  if (blocks.some(isCopy)) return undefined;
  const presence = new Map(blocks.map(({ id, present }) => [id, present]));
  const { down, mid, up } = layOutUNet(config);
  const downTypes = down.map((stage) => stageType(stage, presence, 'Down'));
  const upTypes = up.map((stage) => stageType(stage, presence, 'Up'));
  const middle = mid === undefined ? null : middleType(mid, presence);
  if (middle === undefined || !areKnown(downTypes) || !areKnown(upTypes)) return undefined;
  return { down_block_types: downTypes, mid_block_type: middle, up_block_types: upTypes };
}

function stageType(stage: UNetStage, presence: Presence, way: 'Down' | 'Up'): string | undefined {
  if (kinds(stage, presence, 'resnet').has(false)) return undefined;
  const attentions = kinds(stage, presence, 'cross-attention');
  if (attentions.size > 1) return undefined;
  return attentions.has(true) ? `CrossAttn${way}Block2D` : `${way}Block2D`;
}

function middleType(stage: UNetStage, presence: Presence): string | null | undefined {
  const [first, ...others] = stage.layers.flat().map(({ id }) => presence.get(id) === true);
  if (others.length > 0 && first === true && others.every((each) => each)) return 'UNetMidBlock2DCrossAttn';
  if (others.some((each) => each)) return undefined;
  return first === true ? 'UNetMidBlock2D' : null;
}

/** Whether blocks of a kind run: both where some do and some don't. */
function kinds({ layers }: UNetStage, presence: Presence, kind: PlacedBlock['kind']): Set<boolean> {
  const sites = layers.flat().filter((site) => site.kind === kind);
  return new Set(sites.map(({ id }) => presence.get(id) === true));
}

function areKnown(types: readonly (string | undefined)[]): types is readonly string[] {
  return types.every((type) => type !== undefined);
}
