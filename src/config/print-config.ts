import { stringify } from 'yaml';

/** A resolved config as YAML, every default spelled out; it can be read back as a config. */
export function printConfig(config: unknown): string {
  return stringify(config, { lineWidth: 0, aliasDuplicateObjects: false });
}
