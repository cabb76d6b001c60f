import { formatChange, formatClip } from '../../report/number-format.js';
import type { GuidancePoint } from '../../report/guidance-series.js';
import type { ModelCosts, PartCost } from '../comparison/model-costs.js';
import type { Styles } from '../terminal/styles.js';
import { formatTable, type Column } from '../terminal/table.js';
import { describeComparison, type ComparisonReport } from './comparison-report.js';
import { formatEstimate, formatFigure, formatMeasured, UNKNOWN } from './figures.js';

/** A comparison for a person: what pictures cost, as Table 1 of arXiv 2306.00980 has it, and what they are worth by guidance scale. */
export function formatComparisonReport(report: ComparisonReport, styles: Styles): string {
  const sections = [
    formatCosts(report.costs, styles),
    describeComparison(report).join('\n'),
    formatPoints(report.points, styles),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

/** A line of the table of costs. */
interface CostRow {
  readonly figure: string;
  readonly text: (costs: ModelCosts) => string;
  readonly value: (costs: ModelCosts) => number;
}

const partNames = { textEncoder: 'text encoder', unet: 'UNet', decoder: 'decoder' } as const;
const parts = Object.keys(partNames) as readonly (keyof typeof partNames)[];

const costRows: readonly CostRow[] = [
  ...parts.map((part): CostRow => ({
    figure: `${partNames[part]}, ms x runs`,
    text: ({ [part]: cost }) => formatRuns(cost),
    value: ({ [part]: cost }) => cost.ms.value * cost.runs,
  })),
  {
    figure: 'sum of the parts, ms',
    text: ({ sumMs }) => formatMeasured(sumMs),
    value: ({ sumMs }) => sumMs.value,
  },
  {
    figure: 'whole picture, ms',
    text: ({ picture }) => formatMeasured(picture.ms),
    value: ({ picture }) => picture.ms.value,
  },
  ...parts.map((part): CostRow => ({
    figure: `${partNames[part]}, parameters M`,
    text: ({ [part]: cost }) => formatFigure(cost.parameters / 1e6),
    value: ({ [part]: cost }) => cost.parameters,
  })),
];

/** Where models have such. */
const int8Row: CostRow = {
  figure: 'UNet, blocks on int8',
  text: ({ int8Blocks = 0 }) => String(int8Blocks),
  value: ({ int8Blocks = 0 }) => int8Blocks,
};

function formatCosts(costs: readonly ModelCosts[], styles: Styles): string {
  if (costs.length === 0) return '';
  const [first, last] = [costs[0], costs.at(-1)];
  const change: Column<CostRow> = {
    heading: 'first to last',
    cell: ({ value }) =>
      first === undefined || last === undefined || value(first) === 0
        ? UNKNOWN
        : formatChange(value(first), value(last)),
    align: 'right',
  };
  return formatTable<CostRow>(
    [
      { heading: '', cell: ({ figure }) => figure },
      ...costs.map((each): Column<CostRow> => ({
        heading: each.model,
        cell: ({ text }) => text(each),
        align: 'right',
      })),
      ...(costs.length > 1 ? [change] : []),
    ],
    costs.some(({ int8Blocks = 0 }) => int8Blocks > 0) ? [...costRows, int8Row] : costRows,
    (line, row) => (row === undefined ? styles.bold(line) : line),
  );
}

function formatRuns({ ms, runs }: PartCost): string {
  return `${formatMeasured(ms)} x ${runs}`;
}

function formatPoints(points: readonly GuidancePoint[], styles: Styles): string {
  if (points.length === 0) return '';
  return formatTable<GuidancePoint>(
    [
      { heading: 'guidance', cell: ({ guidanceScale }) => String(guidanceScale), align: 'right' },
      { heading: 'model', cell: ({ model }) => model },
      { heading: 'CLIP', cell: ({ clipScore }) => formatEstimate(clipScore, formatClip), align: 'right' },
      {
        heading: 'against the first',
        cell: ({ clipChange }) => formatEstimate(clipChange, formatClip),
        align: 'right',
      },
      { heading: 'CMMD', cell: ({ cmmd }) => cmmd.toFixed(3), align: 'right' },
    ],
    points,
    (line, row) => (row === undefined ? styles.bold(line) : line),
  );
}
