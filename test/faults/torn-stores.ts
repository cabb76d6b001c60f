import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hashedGenerator } from '../../src/random/hashed-generator.js';
import { SqliteStore } from '../../src/store/sqlite-store.js';
import * as fixtures from '../store/store-fixtures.js';
import { outcomeOf, readWhole, type TearOutcome } from './stored-whole.js';
import { copyDatabase, isLost, tearFile, tears, type Tear } from './tears.js';

/** What is torn: the database, with all in it, or its write-ahead log, with the later half of the commits in it. */
const tornFiles = ['snapevo.db', 'snapevo.db-wal'] as const;
type TornFile = (typeof tornFiles)[number];

const COMMITS = 60;

/** A store's files on the disk, and what it had after each commit that its log has. */
interface Recorded {
  readonly path: string;
  readonly history: readonly unknown[];
}

function recordStore(folder: string, torn: TornFile): Recorded {
  const [path, copy] = [join(folder, 'written', 'snapevo.db'), join(folder, 'snapevo.db')];
  const open = (): SqliteStore => new SqliteStore(path, fixtures.fixedDependencies());
  const first = open();
  const { id } = first.createRun(fixtures.newRun);
  first.createRun({ ...fixtures.newRun, name: 'other' });
  first.lockRun(id);
  for (let commit = 0; commit < COMMITS / 2; commit++) commitTo(first, id, commit);
  // the last to close puts the log into the database
  first.close();
  const second = open();
  const history = [readWhole(path)];
  second.lockRun(id);
  history.push(readWhole(path));
  for (let commit = COMMITS / 2; commit < COMMITS; commit++) {
    commitTo(second, id, commit);
    history.push(readWhole(path));
  }
  if (torn === 'snapevo.db') second.close();
  copyDatabase(path, copy);
  if (torn !== 'snapevo.db') second.close();
  return { path: copy, history: torn === 'snapevo.db' ? history.slice(-1) : history };
}

/** One transaction. */
function commitTo(store: SqliteStore, id: string, commit: number): void {
  const { round, candidate, architecture, action, checkpoint, loss } = fixtures;
  const kinds = [
    () =>
      store.appendEvent(id, {
        event: { type: 'scored', commit, scores: Array.from({ length: 40 }, (_, i) => Math.sin(i + commit)) },
        state: { commit, text: 'a state of some length '.repeat(100) },
        rounds: [{ ...round, round: commit }],
        candidates: [{ ...candidate, round: commit }],
        architectures: [{ ...architecture, round: commit }],
        actions: [{ ...action, index: commit }],
        checkpoints: [checkpoint],
      }),
    () => {
      store.appendLosses(id, [{ ...loss, step: commit, loss: Math.cos(commit) }]);
    },
    () => {
      store.putImageScores(fixtures.scoreKey, [{ ...fixtures.imageScore, captionIndex: 1000 + commit }]);
    },
    () => {
      store.putLatencyEntry(fixtures.tableKey, { ...fixtures.latencyEntry, subject: `resnet ${commit}` });
    },
    () => {
      store.putRunLatency(id, { ...fixtures.latencyEntry, subject: `resnet ${commit}` });
    },
    () => {
      store.putMetrics(id, { [`metric ${commit}`]: Math.sqrt(commit) });
    },
  ];
  kinds[commit % kinds.length]?.();
}

/** How often each outcome came of tearing a file in one way. */
export interface TearCount {
  readonly file: TornFile;
  readonly tear: Tear;
  readonly outcomes: Readonly<Record<TearOutcome, number>>;
}

/**
 * Tears copies of a store's files and reads each whole. Those that something was lost in are kept.
 * @param cases of each kind
 */
export function tearStores(folder: string, cases: number, seed: number): readonly TearCount[] {
  return tornFiles.flatMap((file) => {
    const own = join(folder, file);
    const recorded = recordStore(own, file);
    return tears.map((tear) => {
      const outcomes = {
        ...{ same: 0, older: 0, refused: 0, 'known to be damaged': 0 },
        ...{ 'unclear error': 0, wrong: 0 },
      };
      for (let index = 0; index < cases; index++) {
        const copy = join(own, `${tear} ${index}`);
        mkdirSync(copy);
        copyDatabase(recorded.path, join(copy, 'snapevo.db'));
        tearFile(join(copy, file), tear, hashedGenerator(`${seed} ${file} ${tear} ${index}`));
        const outcome = outcomeOf(join(copy, 'snapevo.db'), recorded.history);
        outcomes[outcome] += 1;
        if (!isLost(outcome)) rmSync(copy, { recursive: true });
      }
      return { file, tear, outcomes };
    });
  });
}
