import { join } from 'node:path';
import type { OptimizeConfig } from '../../config/optimize-config.js';
import type { CliContext } from '../cli-context.js';
import type { RunToFinish } from '../compose/run-to-finish.js';
import { settleEnding } from '../compose/settle-run.js';
import { conductOptimization } from './conduct-optimization.js';
import { stageFolder, workFolder } from './optimization.js';
import { readOptimizationState } from './optimization-state.js';

/** Sees an optimization to its end or interruption, from wherever it stands, and says what came of it. */
export async function finishOptimization(
  toFinish: RunToFinish<OptimizeConfig>,
  context: CliContext,
  asJson: boolean,
): Promise<void> {
  const { terminal } = context;
  const { store, run, config } = toFinish;
  const optimization = { ...toFinish, context, asJson };
  settleEnding(await conductOptimization(optimization), run.id, config.results, context, asJson);
  const model = stageFolder(optimization, 'model');
  const { done } = readOptimizationState(store, run.id);
  const report = done.includes('compare') ? join(workFolder(optimization), 'comparison') : null;
  if (asJson) {
    terminal.printJson({ type: 'summary', run: run.id, model, report, metrics: store.readMetrics(run.id) });
    return;
  }
  terminal.print(`Wrote ${model}.`);
  if (report !== null) terminal.print(`The comparison, its plot and its contact sheet are in ${report}.`);
}
