import { resolve } from 'node:path';
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
import { noRun, selectRun } from '../select-run.js';
import { reportLatency } from '../views/latency-report.js';
import { writeOutput } from '../write-output.js';

export interface PlotOptions {
  readonly out: string;
  readonly results: string;
  readonly json: boolean;
}

/** Writes a search's frontier, or the losses of another training, as the file's ending says. */
export function plotRun(
  given: string | undefined,
  options: PlotOptions,
  { terminal, currentFolder, nowMs }: CliContext,
): void {
  const format = plotFormatOf(options.out);
  const results = resolve(currentFolder, options.results);
  const { runId, content } = readStore(
    results,
    nowMs,
    (store) => drawRun(store, selectRun(store, given, { kinds: ['search', 'pretrain', 'optimize'] }), format),
    () => {
      throw noRun({}, results);
    },
  );
  writeOutput(resolve(currentFolder, options.out), content);
  if (options.json) terminal.printJson({ run: runId, out: options.out });
  else terminal.print(`Wrote ${options.out}, run ${runId}.`);
}

function drawRun(
  store: Store,
  run: RunRecord,
  format: PlotFormat,
): { readonly runId: string; readonly content: Uint8Array } {
  return {
    runId: run.id,
    content: run.kind === 'search' ? drawFrontier(store, run, format) : drawLosses(store, run, format),
  };
}

function drawFrontier(store: Store, run: RunRecord, format: PlotFormat): Uint8Array {
  const { scope, tableError } = reportLatency(store, run.id);
  const series = frontierSeries(run, store.readArchitectures(run.id), store.readRounds(run.id), {
    scope,
    tableError,
    countInt8Blocks: (canonicalForm) => countInt8Blocks(parseArchitecture(canonicalForm)),
  });
  if (series.points.length === 0) throw nothingToPlot(run, 'an architecture that was scored and measured');
  return renderFrontier(series, format);
}

function drawLosses(store: Store, run: RunRecord, format: PlotFormat): Uint8Array {
  const losses = store.readLosses(run.id);
  if (losses.length === 0) throw nothingToPlot(run, 'a training step');
  return renderLosses(run.id, lossSeries(losses), format);
}

function nothingToPlot({ id }: RunRecord, wanted: string): SnapEvoError {
  return new SnapEvoError({
    code: 'PLOT_EMPTY',
    message: `expected ${wanted}, found none yet`,
    where: id,
    hint: 'Let the run go on a while (`npx snapevo resume`), or name another: `npx snapevo list` shows them.',
  });
}
