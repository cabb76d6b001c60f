import type { PretrainConfig } from '../../config/pretrain-config.js';
import type { CliContext } from '../cli-context.js';
import type { RunToFinish } from '../compose/run-to-finish.js';
import { settleEnding } from '../compose/settle-run.js';
import { conductPretraining } from './conduct-pretraining.js';

/** Sees a pretraining to its end or interruption, from wherever it stands, and says what came of it. */
export async function finishPretraining(
  pretraining: RunToFinish<PretrainConfig>,
  context: CliContext,
  asJson: boolean,
): Promise<void> {
  const { run, config } = pretraining;
  const ending = await conductPretraining(pretraining, context, asJson);
  settleEnding(ending, run.id, config.results, context, asJson);
  if (asJson) context.terminal.printJson({ type: 'summary', run: run.id, ...config.out });
  else context.terminal.print(`Wrote ${config.out.pipeline} and ${config.out.scorer}.`);
}
