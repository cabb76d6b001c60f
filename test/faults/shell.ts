import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { program } from '../cli/built-cli.js';

/** With mounts of one's own: needs no rights where user namespaces are allowed, and leaves nothing behind however it ends. */
const mounting = ['unshare', '--map-root-user', '--mount'] as const;

/** Whether this system lets us mount. */
export const canMount =
  spawnSync('unshare', [...mounting.slice(1), 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'none', tmpdir()])
    .status === 0;

/** Why tests that need it are skipped. */
export const cannotMount = 'unshare may not mount a tmpfs here';

/** Runs a shell script in which `snapevo` is the built program, with mounts of its own if it is to mount. */
export async function runShell(
  script: string,
  folder: string,
  { mounts }: { readonly mounts: boolean },
): Promise<{ readonly status: number | null; readonly notes: string }> {
  const shell = ['sh', '-c', `set -e; snapevo() { '${process.execPath}' '${program}' "$@"; }\n${script}`];
  const [command = '', ...args] = mounts ? [...mounting, ...shell] : shell;
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  let notes = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (notes += text));
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, notes };
}

/**
 * A script that has the results folder on a file system of so many bytes while something else is done.
 * @param work may leave a status in `$status`, which the script ends with
 */
export function onDisk(results: string, size: string, work: string): string {
  return `
    mkdir -p disk; mount -t tmpfs -o size=${size} none disk; cp -a ${results}/. disk/
    mount --bind disk ${results}
    status=0
    ${work}
    umount ${results}; rm -rf ${results}/*; rm -f disk/ballast; cp -a disk/. ${results}/
    umount disk; rmdir disk
    exit $status`;
}
