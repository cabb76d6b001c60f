import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pointMetrics } from '../../src/cli/comparison/point-metrics.js';
import { decoderMetrics } from '../../src/cli/optimize-run/decoder-metrics.js';
import {
  optimizationCommit,
  type OptimizationEvent,
  type OptimizationState,
} from '../../src/cli/optimize-run/optimization-state.js';
import { reportComparison } from '../../src/cli/views/comparison-report.js';
import { loadConfig } from '../../src/config/load-config.js';
import { optimizationStages, optimizeConfigSchema } from '../../src/config/optimize-config.js';
import type { GuidancePoint } from '../../src/report/guidance-series.js';
import type { Estimate } from '../../src/statistics/estimate.js';
import { runDirectory } from '../../src/store/run-directory.js';
import { SqliteStore } from '../../src/store/sqlite-store.js';
import { comparedCosts, comparedPoints } from './comparison/compared.js';
import { minuteClock, searchRows } from './stored-runs.js';

const tiny = fileURLToPath(new URL('./tiny/', import.meta.url));

const around = (value: number): Estimate => ({ value, low: 0.9 * value, high: 1.1 * value });

/** Named in both of its parts by what a person would type. */
export interface StoredOptimization {
  readonly optimization: string;
  readonly search: string;
  /** The run's folder. */
  readonly folder: string;
}

/** What came of it. */
interface OptimizationOutcome {
  /** Of its search, which came to 8.4 ms. */
  readonly budgetMs?: number;
  readonly points?: readonly GuidancePoint[];
}

/**
 * Stores an optimization as the program would have: it was interrupted in its second stage, and again where it is not to finish.
 * @param last the stage that it came to the end of last
 */
export function storeOptimization(
  resultsFolder: string,
  last: OptimizationState['done'][number] = 'compare',
  { budgetMs = 9, points = comparedPoints }: OptimizationOutcome = {},
): StoredOptimization {
  const path = join(resultsFolder, 'snapevo.db');
  let suffix = 0x3f29;
  const store = new SqliteStore(path, { nowMs: minuteClock(), drawSuffix: () => (suffix += 1) });
  const config = loadConfig(optimizeConfigSchema, 'optimize.yaml', { settings: [], currentFolder: tiny });
  const origin = { snapevoVersion: '1.2.3', deviceFingerprint: 'cpu, a processor', inputs: {} };
  const { id } = store.createRun({ kind: 'optimize', name: 'tiny', config, ...origin });
  store.lockRun(id);
  const record = (event: OptimizationEvent): void => {
    store.appendEvent(id, optimizationCommit(store, id, event));
  };
  record({ type: 'stage-begun', stage: 'evolve' });
  const { id: search } = store.createPart(
    { kind: 'search', name: 'tiny', config: {}, ...origin },
    id,
    (part) => optimizationCommit(store, id, { type: 'search-begun', search: part }),
  );
  store.lockRun(search);
  const rounds = searchRows.rounds?.map((round) => ({ ...round, budgetMs })) ?? [];
  store.appendEvent(search, { event: 'scored', state: {}, ...searchRows, rounds });
  store.endRun(search, 'finished');
  record({ type: 'stage-done', stage: 'evolve' });
  record({ type: 'stage-begun', stage: 'decoder' });
  store.endRun(id, 'interrupted');
  store.lockRun(id);
  const done = optimizationStages.slice(1, optimizationStages.indexOf(last) + 1);
  const folder = runDirectory(path, id);
  for (const stage of done) {
    record({ type: 'stage-begun', stage });
    if (stage === 'decoder') {
      store.putMetrics(id, decoderMetrics(decoder));
      store.appendLosses(id, [{ phase: 'decoder', step: 4, loss: 0.125, learningRate: 1e-4, extras: {} }]);
    }
    if (stage === 'compare') {
      for (const point of points) store.putMetrics(id, pointMetrics(point));
      mkdirSync(join(folder, 'comparison'), { recursive: true });
      const report = reportComparison({ costs: comparedCosts, points });
      writeFileSync(join(folder, 'comparison', 'comparison.json'), JSON.stringify(report));
      writeFileSync(join(folder, 'comparison', 'guidance.png'), '');
    }
    record({ type: 'stage-done', stage });
  }
  store.endRun(id, last === 'compare' ? 'finished' : 'interrupted');
  store.close();
  return { optimization: id, search, folder };
}

const decoder = {
  original: { parameters: 423_127, macs: 264_500_000, latencyMs: around(5.5) },
  small: { parameters: 107_191, macs: 68_800_000, latencyMs: around(3.1) },
  latencyRatio: around(0.563),
  psnrDb: { pruned: around(11.3), distilled: around(26.3), fromScratch: around(21.7) },
};
