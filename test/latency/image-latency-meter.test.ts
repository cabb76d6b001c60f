import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { removeBlock } from '../../src/architecture/architecture.js';
import { imageMs, type ImageCost } from '../../src/latency/image-cost.js';
import { ImageLatencyMeter } from '../../src/latency/image-latency-meter.js';
import type { LatencyListener } from '../../src/latency/latency-meter.js';
import type { LatencyTable } from '../../src/latency/latency-table.js';
import type { Estimate } from '../../src/statistics/estimate.js';
import { predictLatencyMs, savingMs, type LatencyCalibration } from '../../src/search/latency-table.js';
import type { LatencyMeter } from '../../src/search/ports.js';
import { smallUnet } from '../support/architectures.js';
import { simulatedLatencyMeter, trueLatencyMs, calmWorld } from '../support/simulated-world.js';
import { search } from '../support/search-fakes.js';
import { runSearch } from '../../src/search/run-search.js';
import { MemoryJournal, portsInto, start } from '../support/search-fakes.js';
import { smallKey } from './small-unet.js';

const around = (value: number, by: number): Estimate => ({ value, low: value - by, high: value + by });

const cost: ImageCost = {
  steps: 20,
  textEncoderRuns: 2,
  textEncoderMs: around(5, 0.3),
  decoderMs: around(40, 0.8),
};

const step = simulatedLatencyMeter(calmWorld);
const imageMeter = (parts: Partial<ConstructorParameters<typeof ImageLatencyMeter>[0]> = {}): LatencyMeter =>
  new ImageLatencyMeter({ stepMeter: () => step, measureCost: () => Promise.resolve(cost), ...parts });

const measure = async (meter: LatencyMeter, architecture = smallUnet): Promise<Estimate> => {
  const request = { type: 'measure-architecture', architecture, architectureHash: '' } as const;
  return (await meter.measureArchitecture(request)).latencyMs;
};

describe('the time of a picture', () => {
  it('is both runs of the text encoder, all steps, and the decoder; half-widths add in quadrature', () => {
    const { value, low, high } = imageMs(cost, around(100, 0.1));
    expect(value).toBe(2 * 5 + 20 * 100 + 40);
    expect(high - value).toBeCloseTo(Math.hypot(0.6, 0.8, 2), 9);
    expect(value - low).toBeCloseTo(high - value, 9);
  });

  it('encloses its value and grows with the step', () => {
    const ms = fc.double({ min: 0.01, max: 1e4, noNaN: true });
    fc.assert(
      fc.property(ms, ms, ms, (stepMs, more, by) => {
        const [one, other] = [imageMs(cost, around(stepMs, by)), imageMs(cost, around(stepMs + more, by))];
        expect(one.low).toBeLessThanOrEqual(one.value);
        expect(one.high).toBeGreaterThanOrEqual(one.value);
        expect(other.value).toBeGreaterThan(one.value);
      }),
    );
  });
});

describe('a meter of pictures', () => {
  it('tells networks and blocks in one unit: what the table says a removal saves, the whole saves', async () => {
    const meter = imageMeter();
    const whole = await measure(meter);
    expect(whole.value).toBeCloseTo(50 + 20 * trueLatencyMs(calmWorld, smallUnet), 9);
    const { entries } = await meter.measureBlocks({ type: 'measure-blocks', architecture: smallUnet });
    for (const { id } of smallUnet.blocks) {
      expect(savingMs(entries, { id }).value).toBeCloseTo(20 * (calmWorld.costMs[id] ?? 0), 9);
      const smaller = removeBlock(smallUnet, id);
      const measured = await measure(meter, smaller);
      expect(predictLatencyMs(entries, whole.value, smaller)).toBeCloseTo(measured.value, 6);
    }
  });

  it('asks for what evolution does not change once, and before anything else', async () => {
    const asked: string[] = [];
    const measureCost = (): Promise<ImageCost> => {
      asked.push('cost');
      return Promise.resolve(cost);
    };
    const measureArchitecture: LatencyMeter['measureArchitecture'] = (request) => {
      asked.push('step');
      return step.measureArchitecture(request);
    };
    const meter = imageMeter({ measureCost, stepMeter: () => ({ ...step, measureArchitecture }) });
    await measure(meter);
    await measure(meter);
    expect(asked).toEqual(['cost', 'step', 'step']);
  });

  it('passes on why a table is not calibrated', async () => {
    const skippedCalibration = { fewestMs: 30_000, timeLimitMs: 8_000 };
    const measureBlocks: LatencyMeter['measureBlocks'] = async (request) => ({
      ...(await step.measureBlocks(request)),
      skippedCalibration,
    });
    const meter = imageMeter({ stepMeter: () => ({ ...step, measureBlocks }) });
    const measured = await meter.measureBlocks({ type: 'measure-blocks', architecture: smallUnet });
    expect(measured).toMatchObject({ skippedCalibration });
  });

  it('passes on what was told of a step as told of a picture', async () => {
    const block = { presentMs: around(4, 0.1), skippedMs: around(1, 0.1) };
    const network = { architectureHash: 'y', sumMs: 8, predictedMs: 7.5, measuredMs: 7 };
    const calibration: LatencyCalibration = { method: 'in-network', factor: 0.9, networks: [network] };
    const table: LatencyTable = {
      key: smallKey,
      method: 'in-network',
      originalMs: around(10, 0.1),
      originalWarnings: [],
      calibration,
      rows: [
        {
          ...{ block: 'a', ...block, savingMs: around(3, 0.2), isAboveNoise: true, gap: 0.25 },
          ...{ isolated: { ...block, presentMs: around(5, 0.1) }, inNetwork: block },
          evidence: { isolatedMs: around(5, 0.1), inNetworkMs: around(4, 0.1), warnings: ['drift'] },
        },
      ],
    };
    const telling = (listener: LatencyListener): LatencyMeter => ({
      measureArchitecture: (request) => {
        const entry = { subject: 'x', method: 'end-to-end', samplesMs: [7, 8], flags: [], measuredAtMs: 3 };
        listener.onNetwork?.('x', { ...entry, method: 'end-to-end', medianMs: around(7.5, 0.5) });
        return step.measureArchitecture(request);
      },
      measureBlocks: async (request) => {
        listener.onTable?.(table);
        return { ...(await step.measureBlocks(request)), calibration };
      },
    });
    const told: unknown[] = [];
    const listener: LatencyListener = {
      onTable: (each) => void told.push(each),
      onNetwork: (hash, entry) => void told.push([hash, entry.medianMs.value, entry.samplesMs, entry.flags]),
    };
    const meter = imageMeter({ stepMeter: telling, listener });
    await measure(meter);
    const measured = await meter.measureBlocks({ type: 'measure-blocks', architecture: smallUnet });
    const ofPictures = { sumMs: 210, predictedMs: 200, measuredMs: 190 };
    const calibrated = { method: 'in-network', factor: 0.9, networks: [{ ...network, ...ofPictures }] };
    expect(measured.calibration).toEqual(calibrated);
    expect(told[0]).toEqual(['x', 200, [190, 210], []]);
    expect(told[1]).toMatchObject({
      originalMs: { value: 250 },
      calibration: calibrated,
      rows: [
        {
          presentMs: { value: 80 },
          skippedMs: { value: 20 },
          savingMs: { value: 60 },
          gap: 0.25,
          isolated: { presentMs: { value: 100 } },
          inNetwork: { presentMs: { value: 80 } },
          evidence: { isolatedMs: { value: 100 }, inNetworkMs: { value: 80 }, warnings: ['drift'] },
        },
      ],
    });
  });
});

describe('a search by pictures', () => {
  it('meets its budget of pictures, and takes out more than one that may count on steps alone', async () => {
    const share = { budget: { ratioOfOriginal: 0.6 } } as const;
    const heavy: ImageCost = { ...cost, decoderMs: around(500, 1) };
    const journal = new MemoryJournal();
    const latencyMeter = imageMeter({ measureCost: () => Promise.resolve(heavy) });
    const result = await runSearch({ ...portsInto(calmWorld, journal), latencyMeter }, start(share));
    if (result.outcome !== 'finished') throw new Error('nothing interrupted the search');
    const { state: ofPictures } = result;
    const { done: ofSteps } = await search(calmWorld, share);
    expect(ofPictures.baseline.latencyMs.value).toBe(510 + 20 * ofSteps.baseline.latencyMs.value);
    expect(ofPictures.budgetMet && ofSteps.budgetMet).toBe(true);
    expect(ofPictures.latencyMs.value).toBeLessThanOrEqual(ofPictures.baseline.budgetMs);
    const present = ({ chosen }: typeof ofSteps): number =>
      chosen.architecture.blocks.filter((block) => block.present).length;
    expect(present(ofPictures)).toBeLessThan(present(ofSteps));
  });
});
