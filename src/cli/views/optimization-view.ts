import { relative } from 'node:path';
import { formatClip } from '../../report/number-format.js';
import type { StoredDecoderReport } from '../optimize-run/decoder-metrics.js';
import type { StageStanding } from '../optimize-run/stage-standings.js';
import { formatDuration } from '../terminal/duration.js';
import type { Estimate } from '../../statistics/estimate.js';
import type { Styles } from '../terminal/styles.js';
import { formatPairs, formatTable } from '../terminal/table.js';
import type { ComparisonReport } from './comparison-report.js';
import { formatComparisonReport } from './comparison-view.js';
import { formatEstimate, formatFigure, formatMeasured, UNKNOWN } from './figures.js';
import type { BeforeAndAfter, HeadlineQuality, OptimizationHeadline } from './optimization-headline.js';
import type { OptimizationReport } from './optimization-report.js';
import { formatWarnings } from './outcome-warnings.js';
import { formatRunHead } from './run-head.js';
import { formatTrainings } from './trainings-view.js';

type Pair = readonly [name: string, value: string];

/** An optimization for a person: how it stands, where things are, and what came of it. */
export function formatOptimization(
  report: OptimizationReport,
  currentFolder: string,
  styles: Styles,
): string {
  const { run, lastHeardMs, comparison } = report;
  const sections = [
    formatRunHead(run, lastHeardMs, placesOf(report, currentFolder), styles),
    formatStages(report, styles),
    formatHeadline(report, styles),
    comparison === null ? '' : formatCompared(comparison, styles),
    formatTrainings(report, styles),
    formatWarnings(report.warnings, styles),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

/** Under a heading of its own: the decoder was measured in its own stage, too. */
function formatCompared(comparison: ComparisonReport, styles: Styles): string {
  return `${styles.bold('Measured in the stage compare')}\n\n${formatComparisonReport(comparison, styles)}`;
}

function placesOf(
  { search, model, comparisonFolder, comparison }: OptimizationReport,
  currentFolder: string,
): readonly Pair[] {
  const lost = comparison === null || comparison.costs.length === 0 ? ' (without its comparison.json)' : '';
  return [
    ...(search === null ? [] : [['search', search] as const]),
    ...(model === null ? [] : [['model', relative(currentFolder, model)] as const]),
    ...(comparisonFolder === null
      ? []
      : [['comparison', `${relative(currentFolder, comparisonFolder)}${lost}`] as const]),
  ];
}

function formatStages({ stages, lastHeardMs }: OptimizationReport, styles: Styles): string {
  return formatTable<StageStanding>(
    [
      { heading: 'stage', cell: ({ stage }) => stage },
      { heading: 'state', cell: ({ state }) => state },
      { heading: 'time taken', cell: (standing) => describeTime(standing, lastHeardMs) },
    ],
    stages,
    (line, row) => (row === undefined ? styles.bold(line) : line),
  );
}

function describeTime({ begunAtMs, doneAtMs, tries }: StageStanding, lastHeardMs: number): string {
  if (begunAtMs === null) return UNKNOWN;
  const span = formatDuration((doneAtMs ?? lastHeardMs) - begunAtMs);
  return tries > 1 ? `${span}, with ${tries - 1} interruption${tries > 2 ? 's' : ''}` : span;
}

function formatHeadline({ headline, decoder, metrics }: OptimizationReport, styles: Styles): string {
  const pairs = [
    ...(headline === null ? [] : headlinePairs(headline)),
    ...(decoder === null ? [] : decoderPairs(decoder, metrics['decoder.unseenCaptions'] !== 0)),
  ];
  return pairs.length === 0 ? '' : `${styles.bold('Before and after')}\n${formatPairs(pairs, '  ')}`;
}

function headlinePairs({
  models,
  pictureMs,
  speedUp,
  quality,
  unetParameters,
}: OptimizationHeadline): readonly Pair[] {
  const times = `${formatMeasured(speedUp)} times faster`;
  return [
    ['models', formatMove(models, String)],
    ['whole picture', `${formatMove(pictureMs, formatMeasured)} ms, ${times}`],
    ...(quality === null ? [] : qualityPairs(quality)),
    ['UNet', `${formatMove(unetParameters, formatMillions)} M parameters`],
  ];
}

function decoderPairs({ original, small, psnrDb }: StoredDecoderReport, areUnseen: boolean): readonly Pair[] {
  const parameters = formatMove({ before: original.parameters, after: small.parameters }, formatMillions);
  const latency = formatMove({ before: original.latencyMs, after: small.latencyMs }, formatMeasured);
  const likeness = (psnr: Estimate): string => `${formatEstimate(psnr, formatFigure)} dB`;
  const latents = areUnseen ? 'held-out latents' : 'latents held out, of captions that were learnt from';
  const { pruned, distilled, fromScratch } = psnrDb;
  return [
    ['decoder', `${parameters} M parameters, ${latency} ms in the stage decoder`],
    ['decoder, PSNR', `${likeness(distilled)} between their pictures of ${latents}`],
    ['before training', likeness(pruned)],
    ...(fromScratch === null ? [] : [['from scratch', likeness(fromScratch)] as const]),
  ];
}

function qualityPairs({ guidanceScale, clipScore, clipChange, cmmd }: HeadlineQuality): readonly Pair[] {
  const change = clipChange === null ? '' : `, by ${formatEstimate(clipChange, formatClip)}`;
  const score = formatMove(clipScore, (estimate) => formatEstimate(estimate, formatClip));
  return [
    [`CLIP at guidance ${guidanceScale}`, `${score}${change}`],
    [`CMMD at guidance ${guidanceScale}`, formatMove(cmmd, (value) => value.toFixed(3))],
  ];
}

function formatMillions(count: number): string {
  return formatFigure(count / 1e6);
}

function formatMove<T>({ before, after }: BeforeAndAfter<T>, format: (value: T) => string): string {
  return `${format(before)} -> ${format(after)}`;
}
