import fc from 'fast-check';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { loadConfig } from '../../../src/config/load-config.js';
import { parseOverrides } from '../../../src/config/override.js';
import { pretrainConfigSchema } from '../../../src/config/pretrain-config.js';
import { searchConfigSchema } from '../../../src/config/search-config.js';
import { fuzzed } from '../fuzzed-parser.js';
import { anyBytes, hostileJsonBytes, mutatedBytes } from '../mutations.js';

const shipped = (name: string): Buffer => readFileSync(new URL(`../../../configs/${name}`, import.meta.url));

/** What YAML has that JSON has not. */
const piece = fc.constantFrom(
  ...[
    'a: ',
    '- ',
    '? ',
    ': ',
    '&x ',
    '*x ',
    '*y',
    '!!binary ',
    '!!js/function ',
    '!t ',
    '<<: *x\n',
    '|\n',
    '>-\n',
  ],
  ...[
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    ',',
    '#',
    '%YAML 1.2\n',
    '---\n',
    '...\n',
    '\n',
    '  ',
    '\t',
    '\u0085',
    '\0',
    '1e999',
    '0o7',
    '.nan',
    '~',
  ],
  ...['search:\n', '  budget: ', 'seed: ', 'pipeline: ', '../x', '&x [*x, *x]', '&x {a: *x}'],
);
const snippets = fc.array(piece, { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join('')));

/** Aliases of aliases: a few lines that stand for more than memory holds. */
const bomb = fc
  .tuple(fc.integer({ min: 2, max: 12 }), fc.integer({ min: 2, max: 12 }))
  .map(([levels, width]) =>
    Buffer.from(
      Array.from({ length: levels }, (_, level) => {
        const inner = level === 0 ? 'x' : `*l${level - 1}`;
        return `l${level}: &l${level} [${Array.from({ length: width }, () => inner).join(', ')}]`;
      }).join('\n'),
    ),
  );

const yamlOf = (file: string): fc.Arbitrary<Buffer> =>
  fc.oneof(
    { weight: 6, arbitrary: hostileJsonBytes(parse(shipped(file).toString())) },
    { weight: 4, arbitrary: mutatedBytes(shipped(file)) },
    { weight: 3, arbitrary: snippets },
    { weight: 1, arbitrary: bomb },
    { weight: 1, arbitrary: anyBytes },
  );

export const searchConfig = fuzzed({
  name: 'search configuration',
  inputs: yamlOf('emoji.yaml'),
  read: (bytes, folder) => {
    writeFileSync(join(folder, 'search.yaml'), bytes);
    loadConfig(searchConfigSchema, 'search.yaml', { currentFolder: folder });
  },
});

export const pretrainConfig = fuzzed({
  name: 'pretrain configuration',
  inputs: yamlOf('emoji-pretrain.yaml'),
  read: (bytes, folder) => {
    writeFileSync(join(folder, 'pretrain.yaml'), bytes);
    loadConfig(pretrainConfigSchema, 'pretrain.yaml', { currentFolder: folder });
  },
});

export const settings = fuzzed({
  name: '--set',
  inputs: fc
    .tuple(
      fc.oneof(
        fc.constantFrom('search.patience', 'seed', '__proto__.x', 'a.constructor', 'pipeline'),
        fc.string({ maxLength: 12 }),
      ),
      fc.oneof(snippets.map(String), fc.string({ maxLength: 20 })),
    )
    .map(([path, value]) => `${path}=${value}`),
  read: (setting) => parseOverrides([setting]),
});
