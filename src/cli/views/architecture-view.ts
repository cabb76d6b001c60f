import type { BlockKind } from '../../architecture/block.js';
import { parseArchitecture } from '../../architecture/canonical-form.js';
import type { Architecture } from '../../architecture/architecture.js';
import type { LatencyScope } from '../../config/search-config.js';
import { formatChange, formatClip } from '../../report/number-format.js';
import type { ArchitectureRecord } from '../../store/search-records.js';
import type { Styles } from '../terminal/styles.js';
import { formatTable } from '../terminal/table.js';
import { latencyUnit } from './latency-scope.js';
import { formatEstimate, formatFigure, formatMeasured, formatMove, UNKNOWN } from './figures.js';

interface Comparison {
  readonly figure: string;
  readonly before: string;
  readonly after: string;
  readonly change: string;
}

/** Latency, CLIP score and parameters before and after. */
export function formatComparison(
  before: ArchitectureRecord,
  after: ArchitectureRecord,
  scope: LatencyScope,
  styles: Styles,
): string {
  return formatTable<Comparison>(
    [
      { heading: '', cell: ({ figure }) => figure },
      { heading: 'original', cell: ({ before: text }) => text, align: 'right' },
      { heading: after.role === 'final' ? 'final' : 'now', cell: ({ after: text }) => text, align: 'right' },
      { heading: 'change', cell: ({ change }) => change, align: 'right' },
    ],
    [
      {
        figure: `latency ${latencyUnit[scope]}`,
        ...both(before, after, ({ measuredLatencyMs }) => formatMeasured(measuredLatencyMs)),
        change: change(before.measuredLatencyMs?.value, after.measuredLatencyMs?.value),
      },
      {
        figure: 'CLIP score',
        ...both(before, after, ({ clipScore }) => formatEstimate(clipScore, formatClip)),
        change: change(before.clipScore?.value, after.clipScore?.value),
      },
      {
        figure: 'parameters M',
        ...both(before, after, ({ parameterCount }) => formatFigure(parameterCount / 1e6)),
        change: change(before.parameterCount, after.parameterCount),
      },
    ],
    (line, row) => (row === undefined ? styles.bold(line) : line),
  );
}

/** Blocks of each kind in each stage, before and after, and how many of them are on weights of int8, as the paper's table of SnapFusion's UNet has them. */
export function formatStages(before: ArchitectureRecord, after: ArchitectureRecord, styles: Styles): string {
  const [original, evolved] = [before, after].map((record) => parseArchitecture(record.canonicalForm));
  if (original === undefined || evolved === undefined) return '';
  const move = (stage: string, kind: BlockKind): string =>
    formatMove(countBlocks(original, stage, kind), countBlocks(evolved, stage, kind));
  return formatTable<string>(
    [
      { heading: 'stage', cell: (stage) => stage },
      { heading: 'cross-attention', cell: (stage) => move(stage, 'cross-attention') },
      { heading: 'ResNet', cell: (stage) => move(stage, 'resnet') },
    ],
    [...new Set(original.blocks.map(({ stage }) => stage))],
    (line, row) => (row === undefined ? styles.bold(line) : line),
  );
}

/** `3`, or `3 (1 int8)`. */
function countBlocks({ blocks }: Architecture, stage: string, kind: BlockKind): string {
  const counted = blocks.filter((block) => block.present && block.stage === stage && block.kind === kind);
  const int8 = counted.filter(({ precision }) => precision === 'int8').length;
  return int8 === 0 ? String(counted.length) : `${counted.length} (${int8} int8)`;
}

function both(
  before: ArchitectureRecord,
  after: ArchitectureRecord,
  format: (record: ArchitectureRecord) => string,
): Pick<Comparison, 'before' | 'after'> {
  return { before: format(before), after: format(after) };
}

function change(before: number | undefined, after: number | undefined): string {
  return before === undefined || after === undefined ? UNKNOWN : formatChange(before, after);
}
