import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.js';
import { optimizeConfigSchema } from '../../src/config/optimize-config.js';
import { pretrainConfigSchema } from '../../src/config/pretrain-config.js';
import { searchConfigSchema } from '../../src/config/search-config.js';
import { checkOptions } from '../../src/search/search-options.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const files = readdirSync(join(root, 'configs')).filter((name) => name.endsWith('.yaml'));
const guide = readFileSync(join(root, 'docs/stable-diffusion.md'), 'utf8');

/** Paths in a configuration, as they are seen from the root. */
function pathsIn(config: object): string[] {
  return Object.values(config).flatMap((value: unknown) => {
    if (typeof value === 'string') return value.startsWith(root) ? [relative(root, value)] : [];
    return typeof value === 'object' && value !== null ? pathsIn(value) : [];
  });
}

describe('every configuration that is shipped', () => {
  it.each(files.filter((name) => name.endsWith('-pretrain.yaml')))('%s is one of a pretraining', (name) => {
    const load = () => loadConfig(pretrainConfigSchema, join('configs', name), { currentFolder: root });
    expect(load).not.toThrow();
  });

  it.each(files.filter((name) => !name.endsWith('-pretrain.yaml')))(
    '%s is one of a search or an optimization, and names nothing that is neither here nor in the guide',
    (name) => {
      const schema = name.endsWith('-full.yaml') ? optimizeConfigSchema : searchConfigSchema;
      const config = loadConfig<typeof searchConfigSchema>(schema, join('configs', name), {
        currentFolder: root,
      });
      expect(() => checkOptions({ ...config.search, seed: config.seed })).not.toThrow();
      const { results: _, ...read } = config;
      const elsewhere = pathsIn(read).filter((path) => !existsSync(join(root, path)));
      for (const path of elsewhere) expect(guide).toContain(path);
    },
  );
});
