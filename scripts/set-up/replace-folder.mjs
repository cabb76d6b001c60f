import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';

/**
 * Puts a folder that this process made, `.<name>-<pid>`, in another's place. Two renames, since no file system swaps
 * folders: a process that is killed between them leaves none, which the next build makes anew.
 *
 * @param {string} target
 * @param {string} replacement
 */
export function replaceFolder(target, replacement) {
  const old = `${replacement}-old`;
  if (existsSync(target)) renameSync(target, old);
  renameSync(replacement, target);
  rmSync(old, { recursive: true, force: true });
}

/**
 * Removes what processes that were killed left beside a folder.
 *
 * @param {string} target
 */
export function removeLeftOvers(target) {
  const pattern = new RegExp(`^\\.${basename(target)}-(\\d+)(-old)?$`);
  for (const name of readdirSync(dirname(target))) {
    const [, pid] = pattern.exec(name) ?? [];
    if (pid === undefined || isAlive(Number(pid))) continue;
    rmSync(join(dirname(target), name), { recursive: true, force: true });
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
