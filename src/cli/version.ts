import { readFileSync } from 'node:fs';

/** The package's version, two folders up from the sources as well as from what is built of them. */
export function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
