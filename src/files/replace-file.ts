import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

/**
 * Writes a file that is there whole or as it was before: beside where it goes, then renamed. A link's target is replaced; into a device
 * or a pipe is written as it stands.
 * @throws Error of the system
 */
export function replaceFile(path: string, content: Uint8Array | string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() === false) {
    writeFileSync(path, content);
    return;
  }
  const target = stats === undefined ? path : realpathSync(path);
  const part = `${target}.part-${process.pid}`;
  try {
    writeFileSync(part, content, { flush: true, ...(stats && { mode: stats.mode }) });
    renameSync(part, target);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}
