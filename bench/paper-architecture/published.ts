import { applyActions, type Architecture } from '../../src/architecture/architecture.js';
import type { Action } from '../../src/architecture/action.js';
import type { BlockKind } from '../../src/architecture/block.js';

/** A stage as the table of arXiv 2306.00980 counts them, by the diffusers stages that make it up. */
export interface PublishedStage {
  readonly name: string;
  readonly channels: number;
  readonly stages: readonly string[];
  /** Blocks before and after the search. */
  readonly counts: Readonly<Record<BlockKind, readonly [number, number]>>;
}

/** The paper's "Mid" holds the seven ResNets and the one attention at a latent side of 8: level 4 down, the middle, the first level up. */
export const publishedStages: readonly PublishedStage[] = [
  {
    name: 'Down-1',
    channels: 320,
    stages: ['down_blocks.0'],
    counts: { 'cross-attention': [2, 0], resnet: [2, 2] },
  },
  {
    name: 'Down-2',
    channels: 640,
    stages: ['down_blocks.1'],
    counts: { 'cross-attention': [2, 2], resnet: [2, 2] },
  },
  {
    name: 'Down-3',
    channels: 1280,
    stages: ['down_blocks.2'],
    counts: { 'cross-attention': [2, 2], resnet: [2, 1] },
  },
  {
    name: 'Mid',
    channels: 1280,
    stages: ['down_blocks.3', 'mid_block', 'up_blocks.0'],
    counts: { 'cross-attention': [1, 1], resnet: [7, 4] },
  },
  {
    name: 'Up-1',
    channels: 1280,
    stages: ['up_blocks.1'],
    counts: { 'cross-attention': [3, 6], resnet: [3, 2] },
  },
  {
    name: 'Up-2',
    channels: 640,
    stages: ['up_blocks.2'],
    counts: { 'cross-attention': [3, 3], resnet: [3, 3] },
  },
  {
    name: 'Up-3',
    channels: 320,
    stages: ['up_blocks.3'],
    counts: { 'cross-attention': [3, 0], resnet: [3, 3] },
  },
];

/** The paper's own ratios of a step, original over evolved. */
export const publishedSpeedups = { 'iPhone 14 Pro': 7.4, 'A100, TensorRT, float32, batch 2': 1.95 };

const remove = (...blocks: readonly string[]): Action[] => blocks.map((block) => ({ type: 'remove', block }));
const copy = (...blocks: readonly string[]): Action[] => blocks.map((block) => ({ type: 'copy', block }));

/**
 * One reading of the counts, since the paper doesn't say which blocks go: of several ResNets the last of their diffusers stage, one from each of
 * the three that "Mid" is made of; the three attentions of Up-1 are each copied once. A ResNet that changes its channels leaves its 1x1 projection.
 */
export const publishedActions: readonly Action[] = [
  ...remove('down_blocks.0.attentions.0', 'down_blocks.0.attentions.1'),
  ...remove('down_blocks.2.resnets.1'),
  ...remove('down_blocks.3.resnets.1', 'mid_block.resnets.1', 'up_blocks.0.resnets.2'),
  ...remove('up_blocks.1.resnets.2'),
  ...copy('up_blocks.1.attentions.0', 'up_blocks.1.attentions.1', 'up_blocks.1.attentions.2'),
  ...remove('up_blocks.3.attentions.0', 'up_blocks.3.attentions.1', 'up_blocks.3.attentions.2'),
];

/**
 * The published architecture.
 * @throws Error when the original or what comes out has other counts than the paper's table
 */
export function publishedArchitecture(original: Architecture): Architecture {
  const evolved = applyActions(original, publishedActions);
  checkCounts(original, 0);
  checkCounts(evolved, 1);
  return evolved;
}

function checkCounts({ blocks }: Architecture, column: 0 | 1): void {
  for (const { name, stages, counts } of publishedStages) {
    for (const kind of ['cross-attention', 'resnet'] as const) {
      const found = blocks.filter(
        (block) => block.present && block.kind === kind && stages.includes(block.stage),
      );
      const expected = counts[kind][column];
      if (found.length !== expected) {
        throw new Error(`${name} has ${found.length} blocks of ${kind}, in the paper ${expected}`);
      }
    }
  }
}
