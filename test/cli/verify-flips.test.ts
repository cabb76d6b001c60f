import fc from 'fast-check';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { searchTables } from '../../src/cli/verify-run/search-tables.js';
import { SqliteStore } from '../../src/store/sqlite-store.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { recordCli } from './recorded-cli.js';
import { minuteClock } from './stored-runs.js';
import { storeSearch } from './stored-search.js';

const folder = temporaryFolder();
const path = join(folder, 'results', 'snapevo.db');
let id: string;

const open = (): SqliteStore => new SqliteStore(path, { nowMs: minuteClock(), drawSuffix: () => 1 });

beforeAll(async () => {
  const store = open();
  id = await storeSearch(store, { runFolder: (runId) => join(folder, 'results', runId) });
  store.close();
});

/** What was decided, but for what no event tells: parameters and the sizes of files. */
function decisions(): string {
  const store = open();
  try {
    const rows = searchTables.map((table) => [...table.read(store, id)]);
    return JSON.stringify([store.readState(id), rows], (key, value: unknown) =>
      key === 'parameterCount' || key === 'sizeBytes' ? undefined : value,
    );
  } finally {
    store.close();
  }
}

it('finds a bit that was flipped in the database wherever it changes a decision, and never fails itself', async () => {
  const whole = readFileSync(path);
  const decided = decisions();
  let found = 0;
  const flip = fc.tuple(fc.nat(whole.length - 1), fc.nat(7));
  await fc.assert(
    fc.asyncProperty(flip, async ([at, bit]) => {
      for (const log of ['-wal', '-shm']) rmSync(path + log, { force: true });
      writeFileSync(path, Buffer.from(whole).fill((whole[at] ?? 0) ^ (1 << bit), at, at + 1));
      const { status, notes } = await recordCli(['verify', '--json'], folder);
      if (status === 0) {
        expect(decisions() === decided, `${bit} at ${at}`).toBe(true);
        return;
      }
      expect(notes).toContain('"code":"VERIFY_DAMAGED"');
      found += 1;
    }),
    { numRuns: 150, seed: 5 },
  );
  expect(found).toBeGreaterThan(20);
}, 120_000);
