import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Architecture } from '../../src/architecture/architecture.js';
import { copyBlock, originalArchitecture, removeBlock } from '../../src/architecture/architecture.js';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import { branch, greater, reduceSum } from '../../src/graph/ops.js';
import { openSafetensors } from '../../src/onnx/safetensors.js';
import type { BlockRunner } from '../../src/model/block-runner.js';
import { loadModel } from '../../src/model/model-folder.js';
import { unetKind } from '../../src/model/model-kind.js';
import { weightParameters, type Weights } from '../../src/model/parameters.js';
import { unetArchitecture } from '../../src/model/unet-architecture.js';
import { parseUNetConfig, type UNetConfig } from '../../src/model/unet-config.js';
import { unetBlocks } from '../../src/model/unet-layout.js';
import { buildUNet, unetParameters } from '../../src/model/unet.js';
import type { Tensor, Tensors } from '../../src/runtime/tensor.js';
import { goldenFolder } from './golden-folder.js';
import { largestDifference, pick, readGolden, runGraph, tensorNamed } from './golden.js';

const tolerance = 1e-4;
const inputs = ['sample', 'timestep', 'context'] as const;

async function runUNet(
  config: UNetConfig,
  architecture: Architecture,
  weights: Weights,
  feeds: Tensors,
  run?: (g: GraphBuilder) => BlockRunner,
): Promise<Tensor> {
  const { output } = await runGraph(feeds, (g, input) => ({
    output: buildUNet(
      g,
      config,
      architecture,
      weightParameters(weights),
      { sample: input('sample'), timestep: input('timestep'), encoderHiddenStates: input('context') },
      run?.(g),
    ),
  }));
  if (output === undefined) throw new Error('no output');
  return output;
}

interface Evolution {
  readonly skipped: readonly string[];
  readonly copied: Readonly<Record<string, number>>;
}

function readEvolution(): Evolution {
  return JSON.parse(readFileSync(`${goldenFolder('unet-evolved')}/evolution.json`, 'utf8')) as Evolution;
}

function evolve(original: Architecture, { skipped, copied }: Evolution): Architecture {
  const removed = skipped.reduce(removeBlock, original);
  // each copy is made of the last one, so that they run in the order of their numbers
  return Object.entries(copied).reduce(
    (architecture, [id, copies]) =>
      Array.from({ length: copies }, (_, i) => (i === 0 ? id : `${id}+${i}`)).reduce(copyBlock, architecture),
    removed,
  );
}

function evolvedWeights(original: Weights): Weights {
  const copies = openSafetensors(`${goldenFolder('unet-evolved')}/copies.safetensors`);
  return new Map([
    ...original,
    ...[...copies.tensors.keys()].map((name) => [name, copies.read(name)] as const),
  ]);
}

describe('UNet2DConditionModel', () => {
  test.each([
    'unet-three-levels',
    'unet-four-levels',
    'unet-linear-projection',
    'unet-resnet-middle',
    'unet-no-middle',
  ])('computes what diffusers computes: %s', async (name) => {
    const golden = readGolden(name);
    const { config, weights } = loadModel(unetKind, goldenFolder(name));
    const output = await runUNet(config, unetArchitecture(config), weights, pick(golden, ...inputs));
    expect(largestDifference(output, tensorNamed(golden, 'output'))).toBeLessThan(tolerance);
  });

  test('skips and copies blocks as an edited diffusers model does', async () => {
    const golden = readGolden('unet-evolved');
    const { config, weights } = loadModel(unetKind, goldenFolder('unet-four-levels'));
    const architecture = evolve(unetArchitecture(config), readEvolution());
    const output = await runUNet(config, architecture, evolvedWeights(weights), pick(golden, ...inputs));
    expect(largestDifference(output, tensorNamed(golden, 'output'))).toBeLessThan(tolerance);
  });

  test('lists its blocks in the order they run, with diffusers’ module paths', () => {
    const { config } = loadModel(unetKind, goldenFolder('unet-three-levels'));
    expect(
      unetBlocks(config).map(({ id, changesChannels }) => `${id}${changesChannels ? ' *' : ''}`),
    ).toEqual([
      'down_blocks.0.resnets.0',
      'down_blocks.1.resnets.0 *',
      'down_blocks.1.attentions.0',
      'down_blocks.2.resnets.0 *',
      'down_blocks.2.attentions.0',
      'mid_block.resnets.0',
      'mid_block.attentions.0',
      'mid_block.resnets.1',
      'up_blocks.0.resnets.0 *',
      'up_blocks.0.attentions.0',
      'up_blocks.0.resnets.1 *',
      'up_blocks.0.attentions.1',
      'up_blocks.1.resnets.0 *',
      'up_blocks.1.attentions.0',
      'up_blocks.1.resnets.1 *',
      'up_blocks.1.attentions.1',
      'up_blocks.2.resnets.0 *',
      'up_blocks.2.resnets.1 *',
    ]);
  });

  test('has Stable Diffusion 1.5’s 16 attentions, 22 ResNet blocks and 859,520,964 parameters', () => {
    const config = parseUNetConfig('{"cross_attention_dim": 768}');
    const blocks = unetBlocks(config);
    expect(blocks.filter(({ kind }) => kind === 'cross-attention')).toHaveLength(16);
    expect(blocks.filter(({ kind }) => kind === 'resnet')).toHaveLength(22);
    const specs = unetParameters(config, unetArchitecture(config));
    expect(specs).toHaveLength(686);
    const total = specs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    expect(total).toBe(859_520_964);
  });
});

describe('parameters of an evolved UNet', () => {
  const { config } = loadModel(unetKind, goldenFolder('unet-four-levels'));
  const original = unetArchitecture(config);
  const names = (architecture: Architecture): string[] =>
    unetParameters(config, architecture).map(({ name }) => name);

  test('a skipped block has none', () => {
    const id = 'down_blocks.0.attentions.0';
    expect(names(removeBlock(original, id)).filter((name) => name.startsWith(id))).toEqual([]);
  });

  test('a skipped block that changes channels keeps its projection', () => {
    const id = 'down_blocks.2.resnets.0';
    expect(names(removeBlock(original, id)).filter((name) => name.startsWith(id))).toEqual([
      `${id}.conv_shortcut.weight`,
      `${id}.conv_shortcut.bias`,
    ]);
  });

  test('a copy has its own under its own name', () => {
    const id = 'mid_block.attentions.0';
    const all = names(copyBlock(original, id));
    const own = all.filter((name) => name.startsWith(`${id}.`));
    expect(own.length).toBeGreaterThan(10);
    expect(all.filter((name) => name.startsWith(`${id}+1.`))).toEqual(
      own.map((name) => name.replace(id, `${id}+1`)),
    );
  });
});

describe('a block runner', () => {
  const golden = readGolden('unet-four-levels');
  const { config, weights } = loadModel(unetKind, goldenFolder('unet-four-levels'));
  const original = unetArchitecture(config);
  const feeds = pick(golden, ...inputs);

  /** Puts every block into an ONNX `If` whose condition is known only at run time. */
  const gated =
    (skipped: ReadonlySet<string>) =>
    (outer: GraphBuilder): BlockRunner => {
      const always = (): ReturnType<typeof greater> => {
        const known = outer.constant([1], Float32Array.of(1));
        return greater(outer, reduceSum(outer, known, [0]), 0);
      };
      return (g, { id }, { body, skipped: skip }) => {
        const [run, other] = skipped.has(id) ? [skip, body] : [body, skip];
        const [result] = branch(
          g,
          always(),
          (nested) => [run(nested)],
          (nested) => [other(nested)],
        );
        if (result === undefined) throw new Error('no result');
        return result;
      };
    };

  test('that gates every block changes nothing while all run', async () => {
    const output = await runUNet(config, original, weights, feeds, gated(new Set()));
    expect(largestDifference(output, tensorNamed(golden, 'output'))).toBeLessThan(tolerance);
  });

  test('that skips blocks gives what an architecture without them gives', async () => {
    const { skipped } = readEvolution();
    const gatedOutput = await runUNet(config, original, weights, feeds, gated(new Set(skipped)));
    const without = skipped.reduce(removeBlock, original);
    const expected = await runUNet(config, without, weights, feeds);
    expect(largestDifference(gatedOutput, expected)).toBeLessThan(1e-5);
    expect(largestDifference(gatedOutput, tensorNamed(golden, 'output'))).toBeGreaterThan(0.01);
  });

  test('finds every node of a block under the block’s name', () => {
    const g = new GraphBuilder();
    const named = (name: string): Tensor => tensorNamed(feeds, name);
    buildUNet(g, config, original, weightParameters(weights), {
      sample: g.input('sample', named('sample')),
      timestep: g.input('timestep', named('timestep')),
      encoderHiddenStates: g.input('context', named('context')),
    });
    const scopes = new Set(g.nodes.map(({ name }) => name.split('|')[0]));
    for (const { id } of unetBlocks(config)) expect(scopes).toContain(id);
    expect(scopes).not.toContain('');
  });
});

describe('what a UNet refuses', () => {
  const { config } = loadModel(unetKind, goldenFolder('unet-four-levels'));
  const build = (architecture: Architecture, extent: number): unknown => {
    const g = new GraphBuilder();
    return buildUNet(g, config, architecture, weightParameters(new Map()), {
      sample: g.input('sample', { dtype: 'float32', shape: [1, 4, extent, extent] }),
      timestep: g.input('timestep', { dtype: 'float32', shape: [1] }),
      encoderHiddenStates: g.input('context', { dtype: 'float32', shape: [1, 2, config.contextChannels] }),
    });
  };

  test('latents that cannot be halved often enough', () => {
    expect(() => build(unetArchitecture(config), 12)).toThrow('multiples of 8');
  });

  test('an architecture of another UNet', () => {
    const blocks = unetBlocks(config);
    expect(() => build(originalArchitecture('other', blocks.slice(1)), 8)).toThrow('lacks a block');
    const stray = {
      id: 'mid_block.resnets.2',
      kind: 'resnet',
      stage: 'mid_block',
      changesChannels: false,
    } as const;
    const middle = blocks.findIndex(({ id }) => id === 'mid_block.resnets.1');
    const more = [...blocks.slice(0, middle + 1), stray, ...blocks.slice(middle + 1)];
    expect(() => build(originalArchitecture('other', more), 8)).toThrow('no such block');
  });

  test('weights that are not there', () => {
    expect(() => build(unetArchitecture(config), 8)).toThrow('expected a tensor of shape');
  });
});
