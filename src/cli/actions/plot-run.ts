import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { countInt8Blocks } from '../../architecture/architecture.js';
import { parseArchitecture } from '../../architecture/canonical-form.js';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { frontierSeries } from '../../report/frontier-series.js';
import { lossSeries } from '../../report/loss-series.js';
import { plotFormatOf, type PlotFormat } from '../../report/plot-format.js';
import { renderFrontier } from '../../report/render-frontier.js';
import { renderLosses } from '../../report/render-losses.js';
import type { RunRecord } from '../../store/run-record.js';
import type { Store } from '../../store/store.js';
import type { CliContext } from '../cli-context.js';
import { readStore } from '../compose/open-store.js';
import { begunBy } from '../optimize-run/begun-by.js';
import { comparisonFolder } from '../optimize-run/optimization.js';
import { findOptimizationState } from '../optimize-run/optimization-state.js';
import { noRun, selectRun } from '../select-run.js';
import { reportLatency } from '../views/latency-report.js';
import { writeOutput } from '../write-output.js';

export interface PlotOptions {
  /** Undefined for a PNG named after what it shows. */
  readonly out?: string;
  /** Of the run's own trainings, instead of a frontier. */
  readonly losses: boolean;
  readonly results: string;
  readonly json: boolean;
}

/** What is drawn of a run. */
interface Subject {
  readonly run: RunRecord;
  readonly what: 'frontier' | 'losses';
  /** The run itself, or the one that the search was taken from. */
  readonly optimization?: RunRecord;
}

/**
 * Writes the frontier of a search, also of the one that is a part of an optimization, or the losses of another training, as the file's ending says. Unnamed, a search that an
 * optimization began is drawn as a part of that.
 */
export function plotRun(
  given: string | undefined,
  options: PlotOptions,
  { terminal, currentFolder, nowMs }: CliContext,
): void {
  const { losses, json } = options;
  const format = options.out === undefined ? 'png' : plotFormatOf(options.out);
  const results = resolve(currentFolder, options.results);
  const { subject, content } = readStore(
    results,
    nowMs,
    (store) => {
      const subject = subjectOf(store, given, losses);
      const draw = subject.what === 'frontier' ? drawFrontier : drawLosses;
      return { subject, content: draw(store, subject.run, format) };
    },
    () => {
      throw noRun({}, results);
    },
  );
  const { run, what, optimization } = subject;
  const out = options.out ?? `${what}.png`;
  writeOutput(resolve(currentFolder, out), content);
  const guidance = optimization === undefined ? null : guidancePlot(optimization, results);
  if (json) {
    const whole = optimization === undefined ? {} : { optimization: optimization.id, guidance };
    terminal.printJson({ run: run.id, what, out, ...whole });
    return;
  }
  const isPart = optimization !== undefined && optimization.id !== run.id;
  const part = isPart ? `, the search of ${optimization.id}` : '';
  terminal.print(`Wrote ${out}, the ${what} of run ${run.id}${part}.`);
  if (guidance !== null)
    terminal.print(`CLIP and CMMD over the guidance scale are in ${relative(currentFolder, guidance)}.`);
}

function subjectOf(store: Store, given: string | undefined, wantsLosses: boolean): Subject {
  const selected = selectRun(store, given, { kinds: ['search', 'pretrain', 'optimize'] });
  const run = given === undefined ? (begunBy(store, selected) ?? selected) : selected;
  const search = run.kind === 'optimize' ? findOptimizationState(store, run.id)?.search : null;
  const isWhole = wantsLosses || typeof search !== 'string';
  return {
    run: isWhole ? run : store.readRun(search),
    what: wantsLosses || (isWhole && run.kind !== 'search') ? 'losses' : 'frontier',
    ...(run.kind === 'optimize' ? { optimization: run } : {}),
  };
}

/** Null before the comparison has drawn it. */
function guidancePlot(run: RunRecord, results: string): string | null {
  const path = join(comparisonFolder({ run, config: { results } }), 'guidance.png');
  return existsSync(path) ? path : null;
}

type Draw = (store: Store, run: RunRecord, format: PlotFormat) => Uint8Array;

const drawFrontier: Draw = (store, run, format) => {
  const { scope, tableError } = reportLatency(store, run.id);
  const series = frontierSeries(run, store.readArchitectures(run.id), store.readRounds(run.id), {
    scope,
    tableError,
    countInt8Blocks: (canonicalForm) => countInt8Blocks(parseArchitecture(canonicalForm)),
  });
  if (series.points.length === 0) throw nothingToPlot(run, 'an architecture that was scored and measured');
  return renderFrontier(series, format);
};

const drawLosses: Draw = (store, run, format) => {
  const losses = store.readLosses(run.id);
  if (losses.length === 0) throw nothingToPlot(run, 'a training step', partWithLosses(store, run));
  return renderLosses(run.id, lossSeries(losses), format);
};

/** What else has losses where an optimization has none of its own: its search, should it have trained. */
function partWithLosses(store: Store, { id, kind }: RunRecord): string | undefined {
  const search = kind === 'optimize' ? findOptimizationState(store, id)?.search : null;
  return typeof search === 'string' && store.readLosses(search).length > 0 ? search : undefined;
}

/** @param part of the run, that has what is wanted */
function nothingToPlot({ id }: RunRecord, wanted: string, part?: string): SnapEvoError {
  return new SnapEvoError({
    code: 'PLOT_EMPTY',
    message: `expected ${wanted}, found none yet`,
    where: id,
    hint:
      part === undefined
        ? 'Let the run go on a while (`npx snapevo resume`), or name another: `npx snapevo list` shows them.'
        : `Its search has some: name ${part}.`,
  });
}
