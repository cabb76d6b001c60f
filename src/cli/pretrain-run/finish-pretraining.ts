import type { PretrainConfig } from '../../config/pretrain-config.js';
import type { RunRecord } from '../../store/run-record.js';
import type { Store } from '../../store/store.js';
import type { CliContext } from '../cli-context.js';
import { settleEnding } from '../compose/settle-run.js';
import { conductPretraining } from './conduct-pretraining.js';

/** Sees a pretraining to its end or interruption, from wherever it stands, and says what came of it. */
export async function finishPretraining(
  store: Store,
  run: RunRecord,
  config: PretrainConfig,
  context: CliContext,
  asJson: boolean,
): Promise<void> {
  const ending = await conductPretraining(store, run, config, context, asJson);
  settleEnding(ending, run.id, config.results, context, asJson);
  if (asJson) context.terminal.printJson({ type: 'summary', run: run.id, ...config.out });
  else context.terminal.print(`Wrote ${config.out.pipeline} and ${config.out.scorer}.`);
}
