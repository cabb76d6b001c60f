import { relative } from 'node:path';
import type { OptimizeConfig } from '../../config/optimize-config.js';
import type { CliContext } from '../cli-context.js';
import { runCommand } from '../compose/run-command.js';
import type { RunToFinish } from '../compose/run-to-finish.js';
import { settleEnding } from '../compose/settle-run.js';
import { conductOptimization } from './conduct-optimization.js';
import { formatWarnings } from '../views/outcome-warnings.js';
import { reportOptimization } from '../views/optimization-report.js';
import { comparisonFolder, stageFolder } from './optimization.js';
import { readOptimizationState } from './optimization-state.js';

/** Sees an optimization to its end or interruption, from wherever it stands, and says what came of it. */
export async function finishOptimization(
  toFinish: RunToFinish<OptimizeConfig>,
  context: CliContext,
  asJson: boolean,
): Promise<void> {
  const { terminal, currentFolder } = context;
  const { store, run, config } = toFinish;
  const optimization = { ...toFinish, context, asJson };
  settleEnding(await conductOptimization(optimization), run.id, config.results, context, asJson);
  const model = stageFolder(optimization, 'model');
  const { done } = readOptimizationState(store, run.id);
  const report = done.includes('compare') ? comparisonFolder(optimization) : null;
  const { metrics, warnings } = reportOptimization(store, store.readRun(run.id), config.results);
  if (asJson) {
    terminal.printJson({ type: 'summary', run: run.id, model, report, metrics, warnings });
    return;
  }
  const lines = [
    ...(warnings.length === 0 ? [] : [formatWarnings(warnings, terminal.styles)]),
    `Wrote ${relative(currentFolder, model)}.`,
    ...(report === null
      ? []
      : [`The comparison, its plot and its contact sheet are in ${relative(currentFolder, report)}.`]),
    `\`${runCommand('show', run.id, config.results, currentFolder)}\` has the whole story.`,
  ];
  // apart from the comparison
  terminal.print(`${report === null ? '' : '\n'}${lines.join('\n')}`);
}
