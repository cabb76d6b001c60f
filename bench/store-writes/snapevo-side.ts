// The process that writes to SnapEvo's store: `snapevo-side.ts FOLDER`. Spoken to by ../side.ts.
import { join } from 'node:path';
import { SqliteStore } from '../../src/store/sqlite-store.js';
import { serveSide } from '../serve-side.js';
import { filler, scoreOf, workload } from './workload.js';

const [folder = ''] = process.argv.slice(2);
const store = new SqliteStore(join(folder, 'snapevo.db'), { nowMs: Date.now, drawSuffix: () => 1 });
const { id } = store.createRun({
  kind: 'search',
  name: 'bench',
  config: {},
  snapevoVersion: '0',
  deviceFingerprint: 'none',
  inputs: {},
});
store.lockRun(id);
let step = 0;

function writeStep(): void {
  const { eventLength, stateLength, scores } = workload;
  const key = { architectureHash: String(step), weightsHash: 'weights', scorerHash: 'scorer' };
  store.putImageScores(
    key,
    Array.from({ length: scores }, (_, captionIndex) => ({
      captionIndex,
      seed: 0,
      score: scoreOf(step, captionIndex),
    })),
  );
  store.appendEvent(id, { event: filler(eventLength, step), state: filler(stateLength, step) });
  step += 1;
}

await serveSide({
  prepare: () => Promise.resolve(),
  take: (count) => {
    for (let done = 0; done < count; done += 1) writeStep();
    return Promise.resolve();
  },
  results: () => [store.readEvents(id).length],
});
store.close();
