import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stampOf } from '../../scripts/set-up/build.mjs';
import { removeLeftOvers, replaceFolder } from '../../scripts/set-up/replace-folder.mjs';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'snapevo-set-up-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function makeFolder(name: string, content: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  writeFileSync(join(path, 'file'), content);
  return path;
}

/** Of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ['--version']).pid;
}

describe('the check of Node', () => {
  const script = fileURLToPath(new URL('../../scripts/check-node.cjs', import.meta.url));
  const pretend = (version: string) =>
    spawnSync(process.execPath, [
      '--eval',
      `Object.defineProperty(process.versions, 'node', { value: '${version}' }); require(${JSON.stringify(script)})`,
    ]);

  it.each(['8.17.0', '18.20.4', '20.9.0'])('refuses %s', (version) => {
    const { status, stderr } = pretend(version);
    expect(status).toBe(1);
    expect(stderr.toString()).toContain(`SnapEvo needs Node 20.19 or newer, and this is Node ${version}`);
  });

  it.each(['20.19.0', '22.0.0'])('lets %s through', (version) => {
    expect(pretend(version).status).toBe(0);
  });
});

describe('the folder of the build', () => {
  it('takes the place of the one before', () => {
    const [target, replacement] = [makeFolder('dist', 'old'), makeFolder('.dist-1', 'new')];
    replaceFolder(target, replacement);
    expect(readFileSync(join(target, 'file'), 'utf8')).toBe('new');
    expect([existsSync(replacement), existsSync(`${replacement}-old`)]).toEqual([false, false]);
  });

  it('leaves nothing of builds that were killed, and those at work alone', () => {
    const pid = deadPid();
    const dead = [makeFolder(`.dist-${pid}`, ''), makeFolder(`.dist-${pid}-old`, '')];
    const others = [
      makeFolder(`.dist-${process.pid}`, ''),
      makeFolder('dist', ''),
      makeFolder('.dist-notes', ''),
    ];
    removeLeftOvers(join(folder, 'dist'));
    expect(dead.map((path) => existsSync(path))).toEqual([false, false]);
    expect(others.map((path) => existsSync(path))).toEqual([true, true, true]);
  });

  it('is told from one that lost a file, or a part of one', () => {
    const target = makeFolder('dist', 'text');
    writeFileSync(join(target, 'other'), 'more');
    const whole = stampOf(target, 'sources');
    expect(stampOf(target, 'sources')).toBe(whole);
    expect(stampOf(target, 'other sources')).not.toBe(whole);
    truncateSync(join(target, 'file'), 2);
    const cut = stampOf(target, 'sources');
    rmSync(join(target, 'other'));
    expect(new Set([whole, cut, stampOf(target, 'sources')]).size).toBe(3);
  });
});
