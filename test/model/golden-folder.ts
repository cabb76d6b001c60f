import { fileURLToPath } from 'node:url';

/** A folder that test/golden/model/make.py made. */
export function goldenFolder(name: string): string {
  return fileURLToPath(new URL(`../golden/model/${name}`, import.meta.url));
}
