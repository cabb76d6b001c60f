import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  copyBlock,
  findBlock,
  isCopyable,
  isPresent,
  removeBlock,
  type Architecture,
} from '../../src/architecture/architecture.js';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import { branch, greater, reduceSum } from '../../src/graph/ops.js';
import type { Value } from '../../src/graph/value.js';
import { verifyGraph } from '../../src/graph/verify-graph.js';
import { runAlways, type BlockRunner } from '../../src/model/block-runner.js';
import { architectureCounter } from '../../src/model/count-architecture.js';
import { parameterCount } from '../../src/model/parameter-count.js';
import { Parameters } from '../../src/model/parameters.js';
import { unetArchitecture } from '../../src/model/unet-architecture.js';
import { parseUNetConfig, type UNetConfig } from '../../src/model/unet-config.js';
import { unetBlocks } from '../../src/model/unet-layout.js';
import { buildUNet, unetParameters } from '../../src/model/unet.js';

const levelCount = fc.integer({ min: 1, max: 4 });
const configs = levelCount.chain((levels) => {
  const each = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
    fc.array(one, { minLength: levels, maxLength: levels });
  return fc
    .record({
      block_out_channels: each(fc.constantFrom(4, 8, 12)),
      down_block_types: each(fc.constantFrom('CrossAttnDownBlock2D', 'DownBlock2D')),
      up_block_types: each(fc.constantFrom('CrossAttnUpBlock2D', 'UpBlock2D')),
      mid_block_type: fc.constantFrom('UNetMidBlock2DCrossAttn', 'UNetMidBlock2D', null),
      layers_per_block: each(fc.integer({ min: 1, max: 3 })),
      attention_head_dim: each(fc.constantFrom(1, 2, 4)),
      only_cross_attention: fc.boolean(),
      use_linear_projection: fc.boolean(),
      in_channels: fc.integer({ min: 1, max: 5 }),
      out_channels: fc.integer({ min: 1, max: 5 }),
    })
    .map((file) => parseUNetConfig(JSON.stringify({ ...file, cross_attention_dim: 6, norm_num_groups: 4 })));
});

/** Blocks of the original, picked by chance, and whether each is skipped or copied. */
const changes = fc.array(fc.record({ at: fc.nat(), copied: fc.boolean() }), { maxLength: 8 });

function change(config: UNetConfig, picks: readonly { at: number; copied: boolean }[]): Architecture {
  const blocks = unetBlocks(config);
  return picks.reduce((architecture, { at, copied }) => {
    const id = blocks[at % blocks.length]?.id ?? '';
    const block = findBlock(architecture, id);
    if (block?.present !== true || (copied && !isCopyable(block))) return architecture;
    return copied ? copyBlock(architecture, id) : removeBlock(architecture, id);
  }, unetArchitecture(config));
}

/** Builds a UNet whose parameters are inputs, checks the graph, and gives the parameters' names and the output. */
function build(
  config: UNetConfig,
  architecture: Architecture,
  runner: (g: GraphBuilder) => BlockRunner,
): { names: string[]; output: Value } {
  const g = new GraphBuilder();
  const names: string[] = [];
  const parameters = new Parameters((at, { name, shape }) => {
    expect(at).toBe(g);
    names.push(name);
    return at.input(name, { dtype: 'float32', shape });
  });
  const extent = 2 ** (config.levels.length - 1);
  const inputs = {
    sample: g.input('sample', { dtype: 'float32', shape: [2, config.inChannels, extent, 3 * extent] }),
    timestep: g.input('timestep', { dtype: 'float32', shape: [2] }),
    encoderHiddenStates: g.input('context', { dtype: 'float32', shape: [2, 3, 6] }),
  };
  const output = buildUNet(g, config, architecture, parameters, inputs, runner(g));
  verifyGraph(g.build('unet', [output]));
  return { names, output };
}

const gateAll = (outer: GraphBuilder): BlockRunner => {
  const condition = greater(outer, reduceSum(outer, outer.constant([1], Float32Array.of(1)), [0]), 0);
  return (g, _, { body, skipped }) => {
    const [result] = branch(
      g,
      condition,
      (nested) => [body(nested)],
      (nested) => [skipped(nested)],
    );
    return result ?? condition;
  };
};

test('every UNet of the family, evolved in any way, is a valid graph that keeps the image’s size', () => {
  fc.assert(
    fc.property(configs, changes, (config, picks) => {
      const architecture = change(config, picks);
      const { names, output } = build(config, architecture, () => runAlways);
      const extent = 2 ** (config.levels.length - 1);
      expect(output.shape).toEqual([2, config.outChannels, extent, 3 * extent]);
      expect(new Set(names).size).toBe(names.length);
      expect(names).toEqual(unetParameters(config, architecture).map(({ name }) => name));
    }),
    { numRuns: 60 },
  );
});

test('gates take no parameter away, and leave all of them outside the branches', () => {
  fc.assert(
    fc.property(configs, changes, (config, picks) => {
      const architecture = change(config, picks);
      const plain = build(config, architecture, () => runAlways);
      const gated = build(config, architecture, gateAll);
      expect(gated.names).toEqual(plain.names);
      expect(gated.output.shape).toEqual(plain.output.shape);
    }),
    { numRuns: 30 },
  );
});

test('a skipped block leaves no parameter behind but the projection of one that changes channels', () => {
  fc.assert(
    fc.property(configs, changes, (config, picks) => {
      const architecture = change(config, picks);
      const names = unetParameters(config, architecture).map(({ name }) => name);
      for (const { id, changesChannels } of unetBlocks(config)) {
        const own = names.filter((name) => name.startsWith(`${id}.`));
        if (isPresent(architecture, id)) expect(own.length).toBeGreaterThan(2);
        else expect(own.every((name) => name.startsWith(`${id}.conv_shortcut.`))).toBe(true);
        if (changesChannels) expect(own).toContain(`${id}.conv_shortcut.weight`);
      }
    }),
    { numRuns: 60 },
  );
});

test('parameters are counted block by block as they are in the network built', () => {
  fc.assert(
    fc.property(configs, changes, (config, picks) => {
      const architecture = change(config, picks);
      const built = parameterCount(unetParameters(config, architecture));
      expect(architectureCounter(config)(architecture)).toBe(built);
    }),
    { numRuns: 60 },
  );
});
