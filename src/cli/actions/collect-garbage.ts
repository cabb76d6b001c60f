import { rmSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import type { Store } from '../../store/store.js';
import type { CliContext } from '../cli-context.js';
import { readStore, withStore } from '../compose/open-store.js';
import { cacheGarbage, runGarbage, type GarbageFile } from '../compose/run-garbage.js';
import { noRun, selectRun } from '../select-run.js';
import { formatGarbage, sumOf, type Heap } from '../views/garbage-view.js';

export interface GarbageOptions {
  readonly results: string;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

/**
 * Says which files of one run, or of all, nothing needs any longer, and deletes them once that is agreed to. A run that somebody works on is left alone.
 * @throws SnapEvoError `GARBAGE_STAYS` and those of `selectRun`
 */
export async function collectGarbage(
  given: string | undefined,
  options: GarbageOptions,
  context: CliContext,
): Promise<void> {
  const { terminal, currentFolder, nowMs } = context;
  const results = resolve(currentFolder, options.results);
  const heaps = findHeaps(results, given, nowMs);
  if (!options.json) terminal.print(formatGarbage(heaps, terminal.styles));
  const isAgreed = sumOf(heaps).files > 0 && (await isWanted(heaps, options, context));
  const freed = isAgreed
    ? await withStore(results, context, (store) =>
        Promise.resolve(heaps.map((heap) => free(heap, store, results, nowMs()))),
      )
    : [];
  if (options.json) terminal.printJson(toJson(heaps, freed, results));
  else if (isAgreed) terminal.print(`Freed ${sumOf(freed).text}.`);
}

function findHeaps(results: string, given: string | undefined, nowMs: () => number): readonly Heap[] {
  const ofRuns = readStore<readonly Heap[]>(
    results,
    nowMs,
    (store) => {
      const runs = given === undefined ? store.listRuns() : [selectRun(store, given)];
      return runs.map((run) =>
        run.status === 'running'
          ? { of: run.id, isHeld: true, files: [] }
          : { of: run.id, isHeld: false, files: runGarbage(store, run, results) },
      );
    },
    () => {
      throw noRun({}, results);
    },
  );
  const ofCache = {
    of: null,
    isHeld: false,
    files: given === undefined ? cacheGarbage(results, nowMs()) : [],
  };
  return [...ofRuns, ofCache].filter(({ files, isHeld }) => isHeld || files.length > 0);
}

/** Where nobody is asked, only `--yes` agrees. */
async function isWanted(
  heaps: readonly Heap[],
  { dryRun, yes, json }: GarbageOptions,
  { terminal, signal }: CliContext,
): Promise<boolean> {
  if (dryRun || yes) return yes && !dryRun;
  if (!json && terminal.confirm !== undefined) {
    return terminal.confirm(`Delete ${sumOf(heaps).text}?`, signal);
  }
  terminal.note('Nothing was deleted: --yes deletes them.');
  return false;
}

/** Deletes what was told of and still is garbage; of a run, while nobody else can begin to work on it. */
function free(heap: Heap, store: Store, results: string, nowMs: number): Heap {
  const { of, files } = heap;
  if (of === null) return deleted(heap, cacheGarbage(results, nowMs));
  if (files.length === 0) return heap;
  try {
    return store.whileHeld(of, () => deleted(heap, runGarbage(store, store.readRun(of), results)));
  } catch (error) {
    if (error instanceof SnapEvoError && error.code === 'STORE_RUN_LOCKED')
      return { of, isHeld: true, files: [] };
    throw error;
  }
}

function deleted(heap: Heap, still: readonly GarbageFile[]): Heap {
  const paths = new Set(still.map(({ path }) => path));
  const files = heap.files.filter(({ path }) => paths.has(path));
  for (const { path } of files) deleteFile(path);
  return { ...heap, files };
}

function deleteFile(path: string): void {
  try {
    rmSync(path, { force: true, recursive: true });
  } catch (cause) {
    throw new SnapEvoError({
      code: 'GARBAGE_STAYS',
      message: `expected a file or folder that can be deleted: ${cause instanceof Error ? cause.message : String(cause)}`,
      where: path,
      hint: 'Check the permissions of its folder; what comes before it in the list is deleted.',
      cause,
    });
  }
}

function toJson(heaps: readonly Heap[], freed: readonly Heap[], results: string): object {
  const toParts = ({ of, isHeld, files }: Heap): object => ({
    run: of,
    isHeld,
    files: files.map(({ path, sizeBytes }) => ({ file: relative(results, path), sizeBytes })),
  });
  const sum = (of: readonly Heap[]): object => {
    const { files, sizeBytes } = sumOf(of);
    return { files, sizeBytes };
  };
  return { garbage: heaps.map(toParts), total: sum(heaps), freed: sum(freed) };
}
