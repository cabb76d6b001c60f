import type { SearchConfig } from '../../config/search-config.js';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { isWorkerLost } from '../../runtime/worker-lost.js';
import type { CliContext } from '../cli-context.js';
import type { Ending } from '../compose/hold-run.js';
import { runCommand } from '../compose/run-command.js';
import type { RunToFinish } from '../compose/run-to-finish.js';
import { settleEnding } from '../compose/settle-run.js';
import { superviseRun } from '../compose/supervise-run.js';
import { withSearchParts } from '../compose/with-search-parts.js';
import { formatComparison, formatStages } from '../views/architecture-view.js';
import { formatError } from '../terminal/error-report.js';
import { describeLatencyReport, reportLatency, type LatencyReport } from '../views/latency-report.js';
import { formatWarnings } from '../views/outcome-warnings.js';
import { summariseRun, type RunSummary } from '../views/run-summary.js';
import { conductSearch } from './conduct-search.js';
import { SearchDisplay } from './search-display.js';
import { SearchNarrator } from './search-narrator.js';
import { unitsDone } from './units-done.js';

/** Sees a search to its end or interruption, from wherever it stands, and says what came of it. */
export async function finishSearch(
  search: RunToFinish<SearchConfig>,
  context: CliContext,
  asJson: boolean,
): Promise<void> {
  const { store, run, config } = search;
  const { terminal } = context;
  const ending = await superviseRun(
    { store, run, results: config.results, asJson },
    context,
    () => workOnSearch(search, context, asJson),
    () => String(unitsDone(store, run.id)),
  );
  settleEnding(ending, run.id, config.results, context, asJson);
  const summary = summariseRun(store, store.readRun(run.id));
  const latency = reportLatency(store, run.id);
  if (asJson) terminal.printJson({ type: 'summary', ...summary, latency });
  else terminal.print(formatSummary(summary, latency, config.results, context));
}

/** Works on a search that is held, from wherever it stands. */
export function workOnSearch(
  { store, run, config, onOpened }: RunToFinish<SearchConfig>,
  { terminal, signal }: CliContext,
  asJson: boolean,
): Promise<Ending> {
  const display = new SearchDisplay(terminal.progress);
  const narrator = new SearchNarrator(terminal, run.id, { asJson, scope: config.search.scope });
  const telling = { display, narrator };
  return withSearchParts(config, { store, run }, telling, async (parts) => {
    onOpened?.();
    const ended = await conductSearch(parts, { store, runId: run.id }, telling, signal);
    if (ended.outcome === 'interrupted' || config.search.scope === 'step') return ended.outcome;
    return proven(() => parts.measurePictures(ended.state, signal), { signal, display, terminal });
  });
}

/** What comes after a search that is done: it can be interrupted, or lose its worker or the store, and be done later; if it fails otherwise, that is told, and the search is no less done. */
async function proven(
  work: () => Promise<void>,
  {
    signal,
    display,
    terminal,
  }: Pick<CliContext, 'signal' | 'terminal'> & { readonly display: SearchDisplay },
): Promise<Ending> {
  try {
    await work();
    return 'finished';
  } catch (error) {
    if (signal.aborted && error === signal.reason) return 'interrupted';
    if (isToBeGoneOnWith(error)) throw error;
    display.stop();
    terminal.note(`whole pictures were not measured: ${formatError(error, terminal.noteStyles)}`);
    return 'finished';
  } finally {
    display.stop();
  }
}

/** What the pictures could not be measured for that may be otherwise next time. */
function isToBeGoneOnWith(error: unknown): boolean {
  return isWorkerLost(error) || (error instanceof SnapEvoError && error.code.startsWith('STORE_'));
}

function formatSummary(
  { run, original, latest, scope, warnings }: RunSummary,
  latency: LatencyReport,
  results: string,
  { terminal: { styles }, currentFolder }: CliContext,
): string {
  const [show, plot] = (['show', 'plot'] as const).map((name) =>
    runCommand(name, run.id, results, currentFolder),
  );
  const next = `\`${show ?? ''}\` has the whole story, \`${plot ?? ''}\` the frontier.`;
  if (original === null || latest === null) return next;
  return [
    formatComparison(original, latest, scope, styles),
    formatStages(original, latest, styles),
    describeLatencyReport(latency).join('\n'),
    formatWarnings(warnings, styles),
    next,
  ]
    .filter((section) => section !== '')
    .join('\n\n');
}
