import { searchConfigSchema, searchSections, type SearchConfig } from '../../config/search-config.js';
import type { OptimizeConfig } from '../../config/optimize-config.js';
import type { RunOrigin, RunRecord } from '../../store/run-record.js';
import type { EventCommit } from '../../store/search-records.js';
import { withExported } from '../compose/exported-target.js';
import { holdRun } from '../compose/hold-run.js';
import { workOnSearch } from '../search-run/finish-search.js';
import type { Optimization } from './optimization.js';
import { optimizationCommit, readOptimizationState } from './optimization-state.js';
import { replacePipeline } from './replace-pipeline.js';

/** Has a search of its own evolve the UNet, and writes the pipeline with what it came to. Gives whether it came to its end. */
export async function evolveStage(optimization: Optimization): Promise<boolean> {
  const { store, config, context, asJson } = optimization;
  const search = searchOf(optimization);
  tellSearch(optimization, search);
  if (search.status !== 'finished') {
    const onOpened = (): void => {
      store.setOrigin(search.id, originOf(optimization.run, search));
    };
    const toFinish = { store, run: search, config: searchConfigOf(config), onOpened };
    // supervised with the whole, which outlives lost workers and tells of failures
    const ending = await holdRun(store, search, context.signal, () =>
      workOnSearch(toFinish, context, asJson),
    );
    if (ending === 'interrupted') return false;
  }
  const chosen = { given: search.id, resultsFolder: config.results };
  await withExported(chosen, 'best', context, ({ model }) => replacePipeline(optimization, 'evolved', model));
  return true;
}

/** The search as it was begun, or one begun now. */
function searchOf({ store, run, config }: Optimization): RunRecord {
  const { search } = readOptimizationState(store, run.id);
  if (search !== null) return store.readRun(search);
  const { snapevoVersion, deviceFingerprint, inputs } = run;
  const origin = { snapevoVersion, deviceFingerprint, inputs };
  const newRun = { kind: 'search', name: config.name, config: searchConfigOf(config), ...origin } as const;
  const commit = (id: string): EventCommit =>
    optimizationCommit(store, run.id, { type: 'search-begun', search: id });
  return store.createPart(newRun, run.id, commit);
}

/** Its figures are told under its own id. */
function tellSearch(
  { run, context: { terminal }, asJson }: Optimization,
  { id, kind }: Pick<RunRecord, 'id' | 'kind'>,
): void {
  terminal.note(`its search is run ${id}`);
  if (asJson) terminal.printJson({ type: 'run', run: id, kind, partOf: run.id });
}

/** What an optimization goes on with by force, its search goes on with too. */
function originOf({ snapevoVersion, deviceFingerprint, inputs }: RunRecord, search: RunRecord): RunOrigin {
  return { snapevoVersion, deviceFingerprint, inputs: { ...search.inputs, ...inputs } };
}

function searchConfigOf(config: OptimizeConfig): SearchConfig {
  const sections = Object.keys(searchSections) as (keyof typeof searchSections)[];
  return searchConfigSchema.parse({
    name: config.name,
    ...Object.fromEntries(sections.map((key) => [key, config[key]])),
  });
}
