import { failureNotStored } from '../errors/failure-not-stored.js';
import { SnapEvoError } from '../errors/snapevo-error.js';
import type { Work } from './effect.js';
import type { SearchEvent } from './event.js';
import type { SearchPorts } from './ports.js';
import { journalEntry } from './replay.js';
import { ScoringAhead } from './scoring-ahead.js';
import { STATE_VERSION } from './state.js';
import type { Done, SearchState } from './state.js';
import { step } from './step.js';
import type { Transition } from './step.js';
import { describeWork, likelyTraining, openWork } from './work.js';

/** Told before each unit of work. */
export interface SearchProgress {
  readonly state: SearchState;
  readonly work: Work;
  /** Units that are open, this one included. */
  readonly openCount: number;
}

export interface RunSearchOptions {
  /** Once it fires, the search stops after the unit of work in hand, which is stored. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SearchProgress) => void;
}

export type SearchOutcome =
  | { readonly outcome: 'finished'; readonly state: Done }
  | { readonly outcome: 'interrupted'; readonly state: SearchState };

/**
 * Does the work that the search asks for, a unit at a time, and stores every result before going on, until the search
 * is over or interrupted. Started again from the state that was stored last, it comes to the same decisions.
 * @param start `initialState(...)`, or the stored state of an interrupted search
 * @throws whatever a port throws, after the failure has been stored; the work stays open. SnapEvoError `FAILURE_NOT_STORED`
 * where it could not be; `RUN_STATE_UNREADABLE` for a state of another version
 */
export async function runSearch(
  ports: SearchPorts,
  start: SearchState,
  options: RunSearchOptions = {},
): Promise<SearchOutcome> {
  checkVersion(start);
  const { signal } = options;
  const scorer = new ScoringAhead(ports.scorer);
  const stopAhead = (): void => void scorer.stop();
  signal?.addEventListener('abort', stopAhead);
  try {
    return await runUnits({ ...ports, scorer }, start, options);
  } finally {
    signal?.removeEventListener('abort', stopAhead);
    await scorer.stop();
  }
}

async function runUnits(
  ports: SearchPorts & { readonly scorer: ScoringAhead },
  start: SearchState,
  { signal, onProgress }: RunSearchOptions,
): Promise<SearchOutcome> {
  let state = start;
  while (state.phase !== 'done') {
    if (signal?.aborted === true) return { outcome: 'interrupted', state };
    const open = openWork(state);
    const [work] = open;
    if (work === undefined) throw stuck(state);
    onProgress?.({ state, work, openCount: open.length });
    const attempted = attempt(ports, state, work);
    ports.scorer.begin(open.filter((each) => each.type === 'score'));
    const likely = likelyTraining(state);
    if (likely !== undefined) ports.trainer.prepare?.(likely);
    const { event, transition } = await attempted;
    state = commit(ports, event, transition);
  }
  return { outcome: 'finished', state };
}

async function attempt(
  ports: SearchPorts,
  state: SearchState,
  work: Work,
): Promise<{ event: SearchEvent; transition: Transition }> {
  try {
    const event = await perform(ports, work);
    return { event, transition: step(state, event) };
  } catch (error) {
    storeFailure(ports, state, work, error);
    throw error;
  }
}

function storeFailure(ports: SearchPorts, state: SearchState, work: Work, error: unknown): void {
  const failure = failureOf(work, error);
  try {
    commit(ports, failure, step(state, failure));
  } catch (later) {
    throw failureNotStored(error, later);
  }
}

async function perform(ports: SearchPorts, work: Work): Promise<SearchEvent> {
  switch (work.type) {
    case 'train': {
      const { weights, loss } = await ports.trainer.train(work);
      return { type: 'trained', fromStep: work.fromStep, steps: work.steps, weights, loss };
    }
    case 'score': {
      const { architectureHash, weights, captions } = work;
      const { scores } = await ports.scorer.score(work);
      return { type: 'scored', architectureHash, weights, captions, scores };
    }
    case 'measure-architecture': {
      const { latencyMs } = await ports.latencyMeter.measureArchitecture(work);
      return { type: 'architecture-measured', architectureHash: work.architectureHash, latencyMs };
    }
    case 'measure-blocks': {
      return { type: 'blocks-measured', ...(await ports.latencyMeter.measureBlocks(work)) };
    }
  }
}

function commit({ journal }: SearchPorts, event: SearchEvent, transition: Transition): SearchState {
  journal.append(journalEntry(event, transition));
  return transition.state;
}

function failureOf(work: Work, error: unknown): SearchEvent {
  const code = error instanceof SnapEvoError ? error.code : 'UNEXPECTED';
  const message = error instanceof Error ? error.message : String(error);
  return { type: 'failed', work: describeWork(work), code, message };
}

function checkVersion({ version }: { readonly version: number }): void {
  if (version === STATE_VERSION) return;
  throw new SnapEvoError({
    code: 'RUN_STATE_UNREADABLE',
    message: `expected the state of a search in layout ${STATE_VERSION}, found layout ${version}`,
    hint: 'Use the SnapEvo that started the run.',
  });
}

function stuck({ phase }: SearchState): SnapEvoError {
  return new SnapEvoError({
    code: 'SEARCH_STUCK',
    message: 'the search is not over, but no work is open',
    where: `phase ${phase}`,
    fault: 'internal',
  });
}
