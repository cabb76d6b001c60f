import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs';

/** Without it, opening a named pipe waits until somebody writes to it. Windows has none, and no such flag. */
const withoutWaiting = (constants as Partial<typeof constants>).O_NONBLOCK ?? 0;

/**
 * Opens a file of a stranger for as long as it is used. What is looked at is what is read: a name that comes to mean something else meanwhile changes nothing.
 * @param use gets the descriptor and the size in bytes
 * @throws Error of the system, or saying what is there instead of a file: a folder, a pipe, a device
 */
export function withFile<T>(path: string, use: (descriptor: number, bytes: number) => T): T {
  const descriptor = openSync(path, constants.O_RDONLY | withoutWaiting);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new Error(`expected a file, found ${kindOf(stats)}`);
    return use(descriptor, stats.size);
  } finally {
    closeSync(descriptor);
  }
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  return stats.isFIFO() ? 'a named pipe' : 'a device';
}
