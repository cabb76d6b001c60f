import { join } from 'node:path';
import { root } from '../set-up/paths.mjs';
import { findErrors } from './find-errors.mjs';

/** @typedef {import('./find-errors.mjs').ErrorSite} ErrorSite */

/** The page that {@link errorPage} is kept in. */
export const errorPagePath = join(root, 'docs', 'errors.md');

const intro = `# Error codes

Generated from \`src/\` by \`npm run list-errors\`; don't edit it by hand.

Every error that SnapEvo throws on purpose has one of these codes. They are stable: programs may rely on them (\`--json\` prints an error as an object with
\`code\`, \`message\`, \`where\` and \`hint\`). A \`…\` stands for what the error names. Errors of the input end the program with exit status 2, faults of SnapEvo,
a machine that lacks what \`doctor\` was asked for and damage that \`verify\` or \`list\` found, with 1; \`INTERRUPTED\`, which is nobody's, with 130. The \`CONFIG_…\` codes but \`CONFIG_INVALID\` and \`CONFIG_UNREADABLE\` name single problems inside a \`CONFIG_INVALID\`.
`;

/** The page as it should be. */
export function errorPage() {
  /** @type {Map<string, ErrorSite[]>} */
  const byCode = new Map();
  for (const site of findErrors(join(root, 'src'))) {
    byCode.set(site.code, [...(byCode.get(site.code) ?? []), site]);
  }
  const rows = [...byCode].sort(([one], [other]) => (one < other ? -1 : 1)).map(describeCode);
  const table = ['| code | says | what to do | whose fault | thrown in |', '|---|---|---|---|---|', ...rows];
  return `${intro}\n<!-- prettier-ignore -->\n${table.join('\n')}\n`;
}

/**
 * @param {[string, ErrorSite[]]} entry
 * @returns {string}
 */
function describeCode([code, sites]) {
  const cells = [
    `\`${code}\``,
    inWords(sites.flatMap(({ messages }) => messages)) || 'in the words of its cause',
    inWords(sites.flatMap(({ hints }) => hints)),
    whoseFault(sites),
    [...new Set(sites.map(({ file }) => `\`${file}\``))].join(', '),
  ];
  return `| ${cells.join(' | ')} |`;
}

/**
 * @param {readonly ErrorSite[]} sites
 * @returns {string}
 */
function whoseFault(sites) {
  if (sites.every(({ isMachines }) => isMachines)) return 'machine';
  return sites.every(({ isInternal }) => isInternal) ? 'SnapEvo' : 'input';
}

/**
 * @param {readonly string[]} texts
 * @returns {string} each once, as one cell of a table
 */
function inWords(texts) {
  return [...new Set(texts)]
    .map((text) =>
      text
        .replaceAll('\n', ' ')
        .replaceAll(/[|<>*_[\]]/g, '\\$&')
        .trim(),
    )
    .filter((text) => /\w/.test(text))
    .join(' / ');
}
