import type { Store } from '../../src/store/store.js';
import type { StoreDependencies } from '../../src/store/store-dependencies.js';
import { newRun } from './store-fixtures.js';

/** The implementation under test: a fresh store for each test, and how to open more. */
export interface StoreSubject {
  store: Store;
  readonly open: (dependencies: StoreDependencies) => Store;
}

/** The `code` of the error that `work` throws. */
export function codeOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return 'no error';
}

export function locking(store: Store, runId: string): () => void {
  return () => store.lockRun(runId);
}

/** Creates and locks a run. */
export function startRun(store: Store): string {
  const { id } = store.createRun(newRun);
  store.lockRun(id);
  return id;
}
