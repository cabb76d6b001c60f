import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { recordCli } from '../cli/recorded-cli.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
  ...readdirSync(join(root, 'configs')).map((name) => `configs/${name}`),
];

/** Every command line of the program that a page shows, comments and continued lines joined. */
function commandsOf(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/\\\n\s*/g, '');
  return [...text.matchAll(/npx snapevo ([a-z]+[^\n`#]*)/g)].map(([, command = '']) => command.trim());
}

const shown = pages.flatMap((page) => commandsOf(page).map((command) => [page, command] as const));

describe('the commands that the documentation shows', () => {
  it('are there', () => {
    expect(new Set(shown.map(([, command]) => command.split(' ')[0]))).toEqual(
      new Set([
        'search',
        'resume',
        'list',
        'show',
        'plot',
        'generate',
        'evaluate',
        'pull',
        'export',
        'measure',
        'verify',
        'gc',
        'pretrain',
        'doctor',
        'optimize',
        'compress-decoder',
        'distill',
      ]),
    );
  });

  it.each(shown)('%s: %s has options that there are', async (_, command) => {
    const [name = '', ...words] = command.split(' ');
    const { status, output } = await recordCli([name, '--help'], tmpdir());
    expect(status).toBe(0);
    for (const flag of words.filter((word) => word.startsWith('--')))
      expect(output).toMatch(new RegExp(`${flag}\\b`));
  });
});
