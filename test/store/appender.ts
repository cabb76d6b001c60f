import { SqliteStore } from '../../src/store/sqlite-store.js';
import { fixedDependencies, round } from './store-fixtures.js';

const [path = '', runId = ''] = process.argv.slice(2);
const store = new SqliteStore(path, fixedDependencies());
store.lockRun(runId);
for (;;) {
  const count = (store.readState(runId)?.sequence ?? 0) + 1;
  const rounds = [{ ...round, round: count }];
  process.stdout.write(`${store.appendEvent(runId, { event: { count }, state: { count }, rounds })}\n`);
}
