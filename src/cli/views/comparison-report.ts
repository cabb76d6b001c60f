import { latencyWarnings, warningNames, type LatencyWarning } from '../../latency/latency-warning.js';
import type { GuidancePoint } from '../../report/guidance-series.js';
import { quotient, type Estimate } from '../../statistics/estimate.js';
import type { Comparison } from '../comparison/compare-models.js';
import type { ModelCosts, Timing } from '../comparison/model-costs.js';
import { formatExcess, formatFigure, formatMeasured } from './figures.js';

/** What there is to say of a comparison, as programs get it. */
export interface ComparisonReport {
  readonly costs: readonly ModelCosts[];
  /** Of each model but the first, against that one. */
  readonly speedUps: readonly SpeedUp[];
  /** Each warning with what it was given for: `decoder of student, 8 steps`; what several models share is named by the first of them. */
  readonly warnings: readonly {
    readonly warning: LatencyWarning;
    readonly measurements: readonly string[];
  }[];
  /** By guidance scale, then model. */
  readonly points: readonly GuidancePoint[];
}

/** How many times faster a model's pictures are made than the first one's. */
export interface SpeedUp {
  readonly model: string;
  readonly against: string;
  /** By whole pictures. */
  readonly measured: Estimate;
  /** By the sums of the parts. */
  readonly ofSums: Estimate;
}

export function reportComparison({ costs, points }: Pick<Comparison, 'costs' | 'points'>): ComparisonReport {
  const [first, ...others] = costs;
  const timings = distinctTimings(costs);
  return {
    costs,
    speedUps: first === undefined ? [] : others.map((other) => speedUp(first, other)),
    warnings: warningNames
      .map((warning) => ({
        warning,
        measurements: timings.filter(([, { warnings }]) => warnings.includes(warning)).map(([name]) => name),
      }))
      .filter(({ measurements }) => measurements.length > 0),
    points,
  };
}

/** What the table doesn't say, in lines. */
export function describeComparison({ costs, speedUps, warnings }: ComparisonReport): readonly string[] {
  return [
    ...costs.map(describeSum),
    ...speedUps.map(describeSpeedUp),
    ...warnings.map(
      ({ warning, measurements }) => `${warning} (${measurements.join('; ')}): ${latencyWarnings[warning]}`,
    ),
  ];
}

function speedUp(first: ModelCosts, { model, picture, sumMs }: ModelCosts): SpeedUp {
  return {
    model,
    against: first.model,
    measured: quotient(first.picture.ms, picture.ms),
    ofSums: quotient(first.sumMs, sumMs),
  };
}

/** Each measurement once, by its name: models of one configuration are measured together. */
function distinctTimings(costs: readonly ModelCosts[]): readonly (readonly [name: string, timing: Timing])[] {
  const known = new Map<string, readonly [string, Timing]>();
  for (const { model, textEncoder, unet, decoder, picture } of costs) {
    for (const [part, timing] of Object.entries({
      'text encoder': textEncoder,
      UNet: unet,
      decoder,
      picture,
    })) {
      const key = JSON.stringify([part, timing.ms]);
      if (!known.has(key)) known.set(key, [`${part} of ${model}`, timing]);
    }
  }
  return [...known.values()];
}

function describeSum({ model, picture, sumMs }: ModelCosts): string {
  return `${model}: whole pictures took ${formatExcess(picture.ms.value, sumMs.value)} than the sum of the parts`;
}

function describeSpeedUp({ model, against, measured, ofSums }: SpeedUp): string {
  return `${model}: ${formatMeasured(measured)} times faster than ${against}; by the sums of the parts ${formatFigure(ofSums.value)} times`;
}
