import Database from 'better-sqlite3';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { spawnCli, type Finished, type SpawnSettings } from '../cli/built-cli.js';
import { impatientStore } from './preloaded.js';
import { canMount, cannotMount, onDisk, runShell } from './shell.js';
import { resumeIn, searchInto, faultProject } from './fault-project.js';

const project = faultProject();

const search = (results: string): string => `snapevo ${searchInto(results).join(' ')}`;
const resume = (results: string): string => `snapevo resume --results ${results}`;

type Ended = Pick<Finished, 'status' | 'notes'>;

async function expectStop(run: Promise<Ended>, error: RegExp): Promise<Ended> {
  const ended = await run;
  expect(ended.notes).toMatch(error);
  expect(ended.status).toBe(2);
  return ended;
}

function expectStored(results: string, reason: string): void {
  expect(project.searchIn(results)).toMatchObject({
    status: 'failed',
    statusNote: expect.stringContaining(reason) as string,
  });
}

/** Holds the database of a search as if it were another program's, from a note of the search on. */
async function lockWhile(
  results: string,
  note: RegExp,
  { holdMs, settings }: { readonly holdMs: number; readonly settings: SpawnSettings },
): Promise<Ended> {
  const { noted, finished } = spawnCli(resumeIn(results), project.path(), settings);
  await noted(note);
  const other = new Database(project.path(results, 'snapevo.db'));
  other.exec('BEGIN EXCLUSIVE');
  await Promise.race([setTimeout(holdMs), finished]);
  other.close();
  return finished;
}

describe.skipIf(process.platform === 'win32')('a search that faults of a disk stop', () => {
  beforeAll(async () => {
    expect(await project.run(searchInto('calm'))).toMatchObject({ status: 0 });
  });

  it('by limits and locks is resumed, and decides what one does that met none', async () => {
    project.copyLatencies('calm', 'limited');
    const tooLarge = runShell(`ulimit -f 600; ${search('limited')}`, project.path(), { mounts: false });
    await expectStop(tooLarge, /error SAFETENSORS_WRITE: .*EFBIG[^]*hint: .*ulimit -f/);
    expectStored('limited', 'EFBIG');

    const tooLong = { holdMs: 60_000, settings: impatientStore };
    await expectStop(
      lockWhile('limited', /fine tuning: 0/, tooLong),
      /error STORE_DATABASE: .*SQLITE_BUSY[^]*where: .*[^]*hint: Another process/,
    );
    expect(project.searchIn('limited').status).toBe('interrupted');

    const awhile = { holdMs: 2000, settings: {} };
    expect(await lockWhile('limited', /fine tuning: 0/, awhile)).toMatchObject({ status: 0 });
    expect(project.searchIn('limited').status).toBe('finished');
    expect(project.decisionsIn('limited')).toEqual(project.decisionsIn('calm'));
  });

  it('that are full or may only be read is resumed, and decides what one does that met none', async ({
    skip,
  }) => {
    skip(!canMount, cannotMount);
    const mounting = (script: string): Promise<Ended> => runShell(script, project.path(), { mounts: true });
    project.copyLatencies('calm', 'crowded');
    const noCheckpoint = onDisk('crowded', '1500k', `${search('crowded')} || status=$?`);
    await expectStop(
      mounting(noCheckpoint),
      /error SAFETENSORS_WRITE: .*ENOSPC[^]*hint: The disk is full: make room/,
    );
    expectStored('crowded', 'ENOSPC');
    expect(project.failuresIn('crowded')).toEqual(['SAFETENSORS_WRITE']);

    const noRow = onDisk(
      'crowded',
      '8m',
      `${resume('crowded')} 2>disk.notes & search=$!
      until grep -q 'scoring candidates' disk.notes || ! kill -0 $search 2>/dev/null; do sleep 0.02; done
      cat /dev/zero >disk/ballast 2>/dev/null || true
      wait $search || status=$?
      cat disk.notes >&2`,
    );
    const full = await expectStop(
      mounting(noRow),
      /error STORE_DATABASE: .*SQLITE_FULL[^]*hint: The disk is full/,
    );
    expect(full.notes).toContain('npx snapevo resume');
    expect(project.searchIn('crowded').status).toBe('interrupted');

    // told of, but not gone on with
    const read = '2>/dev/null || status=9';
    const readOnly = onDisk(
      'crowded',
      '8m',
      `mount -o remount,ro disk; mount -o remount,bind,ro crowded
      snapevo list --results crowded ${read}; snapevo show --results crowded ${read}
      ${resume('crowded')} || status=$((status + $?))
      mount -o remount,bind,rw crowded; mount -o remount,rw disk`,
    );
    await expectStop(
      mounting(readOnly),
      /error STORE_DATABASE: [^]*hint: Check that the folder exists and may be written to/,
    );

    const folder = `crowded/${project.searchIn('crowded').id}/checkpoints`;
    const frozen = `mount --bind ${folder} ${folder}; mount -o remount,bind,ro ${folder}; ${resume('crowded')}`;
    await expectStop(
      mounting(frozen),
      /error SAFETENSORS_WRITE: .*EROFS[^]*hint: The file system may only be read/,
    );
    expectStored('crowded', 'EROFS');

    expect(await project.run(resumeIn('crowded'))).toMatchObject({ status: 0 });
    expect(project.decisionsIn('crowded')).toEqual(project.decisionsIn('calm'));
  });
});
