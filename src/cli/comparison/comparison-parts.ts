import type { ComparisonSettings } from '../../config/comparison-section.js';
import type { SearchConfig } from '../../config/search-config.js';
import type { LatencyEntry } from '../../latency/latency-records.js';
import type { GuidancePoint } from '../../report/guidance-series.js';
import type { DeviceHost } from '../../runtime/device-host.js';
import type { Store } from '../../store/store.js';
import type { Progress } from '../terminal/progress.js';

/** How models are compared: the sections of a configuration that say it. */
export interface ComparisonConfig extends Pick<SearchConfig, 'evaluation' | 'latency' | 'results' | 'seed'> {
  readonly training: Pick<SearchConfig['training'], 'pictures'>;
  readonly comparison: ComparisonSettings;
}

/** What models are compared with. */
export interface ComparisonParts {
  /** All are run and measured on it, one thing at a time. */
  readonly host: DeviceHost;
  readonly config: ComparisonConfig;
  readonly store: Store;
  /** Of a run whose lock is held. What it has stored is not done again, so a model's name has to mean the same all through it. */
  readonly runId: string;
}

/** Who is told how a comparison goes, and who ends it. */
export interface ComparisonHooks {
  readonly signal: AbortSignal;
  /** How far the task in hand is; another label is another task. */
  readonly onTask: (label: string, done: number, total: number) => void;
  /** After it is stored. */
  readonly onMeasured: (entry: LatencyEntry) => void;
  /** After it is stored. */
  readonly onPoint: (point: GuidancePoint) => void;
  /** See `openPipeline`. */
  readonly onSubstitute: (message: string) => void;
}

/** Shows tasks on a terminal's progress. */
export function tasksOn(progress: Pick<Progress, 'start' | 'update'>): ComparisonHooks['onTask'] {
  let shown: string | undefined;
  return (label, done, total) => {
    if (label === shown) progress.update(done);
    else progress.start(label, total, done);
    shown = label;
  };
}
