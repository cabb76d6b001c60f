import Database from 'better-sqlite3';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { spawnCli, type SpawnSettings } from '../cli/built-cli.js';
import { impatientStore } from './preloaded.js';
import { canMount, cannotMount, onDisk, runShell } from './shell.js';
import { resumeIn, searchInto, faultProject } from './fault-project.js';

const project = faultProject();

/** Holds the database of the search as if it were another program's, from a note of the search on. */
async function lockWhile(
  note: RegExp,
  holdMs: number,
  settings: SpawnSettings,
): Promise<{ readonly status: number | null; readonly notes: string }> {
  const { noted, finished } = spawnCli(resumeIn('disturbed'), project.path(), settings);
  await noted(note);
  const other = new Database(project.path('disturbed', 'snapevo.db'));
  other.exec('BEGIN EXCLUSIVE');
  await Promise.race([setTimeout(holdMs), finished]);
  other.close();
  return finished;
}

describe.skipIf(process.platform === 'win32')('a search that meets every fault of a disk', () => {
  beforeAll(async () => {
    expect(await project.run(searchInto('calm'))).toMatchObject({ status: 0 });
    project.copyLatencies('calm', 'disturbed');
  });

  it('stops where a file may not be that large', async () => {
    const search = `ulimit -f 600; snapevo ${searchInto('disturbed').join(' ')}`;
    const { status, notes } = await runShell(search, project.path(), { mounts: false });
    expect(notes).toMatch(/error SAFETENSORS_WRITE: .*EFBIG[^]*hint: .*ulimit -f/);
    expect(status).toBe(2);
    expect(project.searchIn('disturbed')).toMatchObject({
      status: 'failed',
      statusNote: expect.stringContaining('EFBIG') as string,
    });
  });

  it('stops where there is no room for a checkpoint', async ({ skip }) => {
    skip(!canMount, cannotMount);
    const resume = 'snapevo resume --results disturbed || status=$?';
    const script = onDisk('disturbed', '1500k', resume);
    const { status, notes } = await runShell(script, project.path(), { mounts: true });
    expect(notes).toMatch(/error SAFETENSORS_WRITE: .*ENOSPC[^]*hint: The disk is full: make room/);
    expect(status).toBe(2);
    expect(project.searchIn('disturbed')).toMatchObject({
      status: 'failed',
      statusNote: expect.stringContaining('ENOSPC') as string,
    });
    expect(project.failuresIn('disturbed')).toEqual(['SAFETENSORS_WRITE']);
  });

  it('stops where there is no room for a row', async ({ skip }) => {
    skip(!canMount, cannotMount);
    const script = onDisk(
      'disturbed',
      '8m',
      `snapevo resume --results disturbed 2>disk.notes & search=$!
      until grep -q 'scoring candidates' disk.notes || ! kill -0 $search 2>/dev/null; do sleep 0.02; done
      cat /dev/zero >disk/ballast 2>/dev/null || true
      wait $search || status=$?
      cat disk.notes >&2`,
    );
    const { status, notes } = await runShell(script, project.path(), { mounts: true });
    expect(notes).toMatch(/error STORE_DATABASE: .*SQLITE_FULL[^]*hint: The disk is full/);
    expect(notes).toContain('npx snapevo resume');
    expect(status).toBe(2);
    expect(project.searchIn('disturbed').status).toBe('interrupted');
  });

  it('is not begun, but told of, where nothing may be written', async ({ skip }) => {
    skip(!canMount, cannotMount);
    const read = '2>/dev/null || status=9';
    const script = onDisk(
      'disturbed',
      '8m',
      `mount -o remount,ro disk; mount -o remount,bind,ro disturbed
      snapevo list --results disturbed ${read}; snapevo show --results disturbed ${read}
      snapevo resume --results disturbed || status=$((status + $?))
      mount -o remount,bind,rw disturbed; mount -o remount,rw disk`,
    );
    const { status, notes } = await runShell(script, project.path(), { mounts: true });
    expect(notes).toMatch(
      /error STORE_DATABASE: [^]*hint: Check that the folder exists and may be written to/,
    );
    expect(status).toBe(2);
  });

  it('stops where checkpoints may not be written', async ({ skip }) => {
    skip(!canMount, cannotMount);
    const folder = `disturbed/${project.searchIn('disturbed').id}/checkpoints`;
    const script = `mount --bind ${folder} ${folder}; mount -o remount,bind,ro ${folder}; snapevo resume --results disturbed`;
    const { status, notes } = await runShell(script, project.path(), { mounts: true });
    expect(notes).toMatch(/error SAFETENSORS_WRITE: .*EROFS[^]*hint: The file system may only be read/);
    expect(status).toBe(2);
    expect(project.searchIn('disturbed').status).toBe('failed');
  });

  it('stops where another program holds the database for longer than it waits', async () => {
    const { status, notes } = await lockWhile(/fine tuning: 0/, 60_000, impatientStore);
    expect(notes).toMatch(/error STORE_DATABASE: .*SQLITE_BUSY[^]*where: .*[^]*hint: Another process/);
    expect(status).toBe(2);
    expect(project.searchIn('disturbed').status).toBe('interrupted');
  });

  it('goes on where another program holds the database for shorter', async () => {
    const { status } = await lockWhile(/fine tuning: 0/, 2000, {});
    expect(status).toBe(0);
    expect(project.searchIn('disturbed').status).toBe('finished');
  });

  it('decides in the end what one does that met none', () => {
    expect(project.decisionsIn('disturbed')).toEqual(project.decisionsIn('calm'));
  });
});
