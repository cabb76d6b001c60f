import type { ChartConfiguration, ChartDataset } from 'chart.js';
import { axis, legend, titles } from './chart-style.js';
import { errorBarsPlugin } from './error-bars.js';
import type { GuidanceLine, GuidanceSeries } from './guidance-series.js';
import { okabeIto, paper, seriesColors } from './palette.js';

type Dataset = ChartDataset<'scatter'>;

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

function placed(lines: readonly GuidanceLine[], extent: number): readonly PlacedLine[] {
  return lines.map((line, index) => ({
    ...line,
    color: seriesColors[index % seriesColors.length] ?? okabeIto.blue,
    pointStyle: pointStyles[index % pointStyles.length] ?? 'circle',
    shift: (index - (lines.length - 1) / 2) * DODGE_SHARE * extent,
  }));
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
 * arXiv 2306.00980, with CMMD in the place of FID, which takes far more pictures. Pure.
 * @param series with at least one point
 */
export function guidanceChart({ notes, captionCount, lines }: GuidanceSeries): ChartConfiguration<'scatter'> {
  const all = lines.flatMap(({ points }) => points);
  const scales = padded(all.map(({ guidanceScale }) => guidanceScale));
  const drawn = placed(lines, scales.max - scales.min);
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
        x: axis('Guidance scale', scales),
        cmmd: panel('CMMD, less is better', padded(all.map(({ cmmd }) => cmmd))),
        gap,
        y: panel(
          'CLIP score, more is better',
          padded(all.flatMap(({ clipScore: { low, high } }) => [low, high])),
        ),
      },
      plugins: {
        ...titles('CLIP score and CMMD over the guidance scale', [
          ...notes,
          `${captionCount} pictures a point \u00b7 bars: 95% intervals, points of one scale side by side`,
        ]),
        legend: { ...style, labels: { ...style.labels, filter: ({ text }) => text !== '' } },
      },
    },
    plugins: [errorBarsPlugin(bars)],
  };
}
