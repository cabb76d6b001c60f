import type { ChartConfiguration, ChartDataset, Scale } from 'chart.js';
import { axis, legend, titles } from './chart-style.js';
import { errorBarsPlugin } from './error-bars.js';
import type { GuidanceLine, GuidanceSeries } from './guidance-series.js';
import { okabeIto, paper, seriesColors } from './palette.js';

type Dataset = ChartDataset<'scatter'>;
type Axis = NonNullable<NonNullable<ChartConfiguration<'scatter'>['options']>['scales']>[string];

/** Told apart without colour too, in the order of `seriesColors`. */
const pointStyles = ['circle', 'triangle', 'rect', 'rectRot', 'star', 'cross'] as const;
/** Of the axis's extent, between the lines' points at one scale: intervals would else hide each other. */
const DODGE_SHARE = 0.008;
const MARGIN_SHARE = 0.05;

interface PlacedLine extends GuidanceLine {
  readonly color: string;
  readonly pointStyle: (typeof pointStyles)[number];
  /** Added to each guidance scale. */
  readonly shift: number;
}

function placed(lines: readonly GuidanceLine[], shiftOf: (index: number) => number): readonly PlacedLine[] {
  return lines.map((line, index) => ({
    ...line,
    color: seriesColors[index % seriesColors.length] ?? okabeIto.blue,
    pointStyle: pointStyles[index % pointStyles.length] ?? 'circle',
    shift: shiftOf(index),
  }));
}

/** What stands below the panels, and where in it the points of each line are. */
interface Abscissa {
  readonly title: string;
  /** What the bars and points are, beside how many pictures they are of. */
  readonly note: string;
  readonly drawn: readonly PlacedLine[];
  readonly axis: Axis;
  readonly hasLegend: boolean;
}

function alongScales(lines: readonly GuidanceLine[], guidanceScales: readonly number[]): Abscissa {
  const range = padded(guidanceScales);
  const dodge = DODGE_SHARE * (range.max - range.min);
  return {
    title: 'CLIP score and CMMD over the guidance scale',
    note: 'bars: 95% intervals, points of one scale side by side',
    drawn: placed(lines, (index) => (index - (lines.length - 1) / 2) * dodge),
    axis: axis('Guidance scale', range),
    hasLegend: true,
  };
}

/** One scale makes no curves: the models stand side by side instead, each below its name. */
function alongModels(lines: readonly GuidanceLine[], guidanceScale: number): Abscissa {
  const plain = axis('Model', { min: -0.5, max: lines.length - 0.5 });
  const ticks = { ...plain.ticks, callback: (value: string | number) => lines[Number(value)]?.model ?? '' };
  const afterBuildTicks = (scale: Scale): void => {
    scale.ticks = lines.map((_, value) => ({ value }));
  };
  return {
    title: `CLIP score and CMMD at guidance scale ${guidanceScale}`,
    note: 'bars: 95% intervals',
    drawn: placed(lines, (index) => index - guidanceScale),
    axis: { ...plain, ticks, afterBuildTicks },
    hasLegend: false,
  };
}

/** The same line in both panels, named in the legend once. */
function datasets({ model, points, color, pointStyle, shift }: PlacedLine): readonly Dataset[] {
  const shared = {
    ...{ showLine: true, borderWidth: 2.5, borderColor: color, backgroundColor: color },
    ...{ pointStyle, pointRadius: 6, pointBorderColor: paper, pointBorderWidth: 1.5 },
  };
  const at = (value: (point: GuidanceLine['points'][number]) => number): Dataset['data'] =>
    points.map((point) => ({ x: point.guidanceScale + shift, y: value(point) }));
  return [
    { ...shared, label: model, yAxisID: 'y', data: at(({ clipScore }) => clipScore.value) },
    { ...shared, label: '', yAxisID: 'cmmd', data: at(({ cmmd }) => cmmd) },
  ];
}

/** From the least to the greatest of what is drawn, and a margin on both sides. */
function padded(values: readonly number[]): { readonly min: number; readonly max: number } {
  const [least, greatest] = [Math.min(...values), Math.max(...values)];
  const margin = (greatest - least || Math.abs(greatest) || 1) * MARGIN_SHARE;
  return { min: least - margin, max: greatest + margin };
}

/** An axis that shares the height with others, the first one at the bottom. */
function panel(name: string, range: { readonly min: number; readonly max: number }) {
  return { ...axis(name, range), axis: 'y' as const, position: 'left' as const, stack: 'panels' };
}

/** Keeps the panels apart. */
const gap = {
  ...{
    type: 'linear' as const,
    axis: 'y' as const,
    position: 'left' as const,
    stack: 'panels',
    stackWeight: 0.06,
  },
  ...{ ticks: { display: false }, grid: { display: false }, border: { display: false } },
};

/**
 * The chart.js configuration of CLIP score and CMMD over the guidance scale, one above the other, a line a model: after Figure 1 of
 * arXiv 2306.00980, with CMMD in the place of FID, which takes far more pictures. Of a single scale, over the models. Pure.
 * @param series with at least one point
 */
export function guidanceChart({ notes, captionCount, lines }: GuidanceSeries): ChartConfiguration<'scatter'> {
  const all = lines.flatMap(({ points }) => points);
  const [scale, ...others] = new Set(all.map(({ guidanceScale }) => guidanceScale));
  const isAlone = scale !== undefined && others.length === 0;
  const { drawn, ...abscissa } = isAlone
    ? alongModels(lines, scale)
    : alongScales(
        lines,
        all.map(({ guidanceScale }) => guidanceScale),
      );
  const style = legend();
  const bars = drawn.map(({ points, color, shift }) => ({
    points: points.map(({ guidanceScale, clipScore }) => {
      const x = guidanceScale + shift;
      return { x: { value: x, low: x, high: x }, y: clipScore };
    }),
    ...{ color, lineWidth: 1.5, capPx: 4 },
  }));
  return {
    type: 'scatter',
    data: { datasets: drawn.flatMap(datasets) },
    options: {
      layout: { padding: 18 },
      scales: {
        x: abscissa.axis,
        cmmd: panel('CMMD, less is better', padded(all.map(({ cmmd }) => cmmd))),
        gap,
        y: panel(
          'CLIP score, more is better',
          padded(all.flatMap(({ clipScore: { low, high } }) => [low, high])),
        ),
      },
      plugins: {
        ...titles(abscissa.title, [...notes, `${captionCount} pictures a point \u00b7 ${abscissa.note}`]),
        legend: {
          display: abscissa.hasLegend,
          ...style,
          labels: { ...style.labels, filter: ({ text }) => text !== '' },
        },
      },
    },
    plugins: [errorBarsPlugin(bars)],
  };
}
