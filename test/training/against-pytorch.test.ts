import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeBlock } from '../../src/architecture/architecture.js';
import type { ActivationMode } from '../../src/autodiff/gradient-rule.js';
import { parseDevice } from '../../src/runtime/device.js';
import { DeviceHost } from '../../src/runtime/device-host.js';
import { weightFormats } from '../../src/training/weight-format.js';
import {
  facts,
  original,
  readGoldenTensors,
  steps,
  trainGolden,
  type Gates,
  type Trained,
} from './golden-training.js';

const modes: readonly ActivationMode[] = ['save', 'recompute'];
const robustGates: Gates = (step) => facts.robust.gates[step - 1] ?? {};

let host: DeviceHost;
beforeAll(() => {
  host = new DeviceHost(parseDevice('cpu', 1));
});
afterAll(async () => {
  await host.close();
});

/** Largest relative difference of two series. */
function relativeDifference(found: readonly number[], expected: readonly number[]): number {
  expect(found).toHaveLength(expected.length);
  return found.reduce((worst, value, i) => {
    const reference = expected[i] ?? Number.NaN;
    const difference = Math.abs(value - reference) / Math.abs(reference);
    return difference <= worst ? worst : difference;
  }, 0);
}

const losses = ({ reports }: Trained): number[] => reports.map(({ loss }) => loss);
const norms = ({ reports }: Trained): number[] =>
  reports.map((report) => report['gradientNorm'] ?? Number.NaN);

function expectGolden(trained: Trained, golden: 'whole' | 'robust'): void {
  expect(relativeDifference(losses(trained), facts[golden].losses)).toBeLessThan(1e-4);
  expect(relativeDifference(norms(trained), facts[golden].gradientNorms)).toBeLessThan(1e-3);
  expectChanges(trained, `${golden}-changes`);
}

/**
 * AdamW divides a gradient by its own size, so where that is nearly zero the steps' directions are rounding. Hence a
 * bound on the whole vector of changes, and one on the share of weights that are off by more than a hundredth of the way.
 */
function expectChanges({ state }: Trained, file: string): void {
  const initial = readGoldenTensors('initial');
  const path = facts.optimizer.learningRates.reduce((sum, rate) => sum + rate, 0);
  let [square, squareOff, far, count] = [0, 0, 0, 0];
  for (const [name, changes] of readGoldenTensors(file)) {
    const [start, end] = [initial.get(name), state.parameter.get(name)];
    changes.forEach((change, i) => {
      const off = (end?.[i] ?? Number.NaN) - (start?.[i] ?? Number.NaN) - change;
      square += change * change;
      squareOff += off * off;
      count += 1;
      if (!(Math.abs(off) < path / 100)) far += 1;
    });
  }
  expect(count).toBe([...initial.values()].reduce((sum, { length }) => sum + length, 0));
  expect(Math.sqrt(squareOff / square)).toBeLessThan(0.01);
  expect(far / count).toBeLessThan(0.001);
}

describe("ten steps of a small UNet and PyTorch's AdamW with clipped gradients", () => {
  it('are a test of clipping: some of the gradients are longer than the bound, some are not', () => {
    const clipped = facts.whole.gradientNorms.filter((norm) => norm > facts.optimizer.maxGradientNorm);
    expect(clipped.length).toBeGreaterThan(0);
    expect(clipped.length).toBeLessThan(steps);
  });

  it.each([10, 5, 1])('agree in losses, gradients and weights, %i to a run', async (stepsPerRun) => {
    expectGolden(await trainGolden(host, { architecture: original, stepsPerRun }), 'whole');
  });

  it('agree with the batch taken in parts', async () => {
    const run = { architecture: original, stepsPerRun: 5 };
    expectGolden(await trainGolden(host, { ...run, accumulation: 2 }), 'whole');
    await expect(trainGolden(host, { ...run, accumulation: 3 })).rejects.toThrow('3 equal parts');
  });

  it.each(modes)('agree with every block in an If that is on, activations: %s', async (activations) => {
    const gates: Gates = () => ({});
    expectGolden(
      await trainGolden(host, { architecture: original, stepsPerRun: 5, gates, activations }),
      'whole',
    );
  });

  it.each(modes)('agree with blocks left out at random, activations: %s', async (activations) => {
    const run = { architecture: original, stepsPerRun: 10, gates: robustGates, activations };
    expectGolden(await trainGolden(host, run), 'robust');
    expectGolden(await trainGolden(host, { ...run, accumulation: 2 }), 'robust');
  });

  it.each([
    ['float16', 0.01],
    ['bfloat16', 0.05],
  ] as const)('agree within what weights kept in %s hold', async (weightDtype, tolerance) => {
    const trained = await trainGolden(host, { architecture: original, stepsPerRun: 5, weightDtype });
    expect(relativeDifference(losses(trained), facts.whole.losses)).toBeLessThan(tolerance);
    const weights = Float32Array.from([...trained.state.parameter.values()].flatMap((data) => [...data]));
    const { encode, decode } = weightFormats[weightDtype];
    expect(decode(encode(weights))).toEqual(weights);
  });
});

describe('a block in an If that is off', () => {
  const cases = [
    'down_blocks.1.attentions.0',
    // changes its channels, so that its projection stays
    'down_blocks.1.resnets.0',
    'mid_block.resnets.1',
  ].flatMap((block) => modes.map((activations) => ({ block, activations })));

  it.each(cases)('trains as the network without it: $block, $activations', async ({ block, activations }) => {
    const gates: Gates = () => ({ [block]: false });
    const gated = await trainGolden(host, { architecture: original, stepsPerRun: 5, gates, activations });
    const without = await trainGolden(host, { architecture: removeBlock(original, block), stepsPerRun: 5 });
    expect(relativeDifference(losses(gated), losses(without))).toBeLessThan(1e-5);
    expect(relativeDifference(norms(gated), norms(without))).toBeLessThan(1e-5);
    expect(relativeDifference(losses(gated), facts.whole.losses)).toBeGreaterThan(1e-3);
  });
});
