import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { threadId } from 'node:worker_threads';
import { syncFolder } from './sync-folder.js';

/**
 * Has a file written that is there whole, or as it was before, whenever the machine stops: beside where it goes, then renamed. A link's
 * target is replaced.
 * @param write makes the file of the name it is given, and waits for the disk
 * @throws what `write` throws, and errors of the system
 */
export function replaceBy<T>(path: string, write: (temporary: string) => T): T {
  const target = statSync(path, { throwIfNoEntry: false }) === undefined ? path : realpathSync(path);
  const temporary = `${target}.${process.pid}-${threadId}.tmp`;
  try {
    const written = write(temporary);
    renameSync(temporary, target);
    syncFolder(dirname(target));
    return written;
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** As {@link replaceBy}; into a device or a pipe is written as it stands. */
export function replaceFile(path: string, content: Uint8Array | string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() === false) writeFileSync(path, content);
  else {
    replaceBy(path, (temporary) => {
      writeFileSync(temporary, content, { flush: true, ...(stats && { mode: stats.mode }) });
    });
  }
}
