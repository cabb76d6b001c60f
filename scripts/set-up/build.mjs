import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

import { readIfThere, root } from './paths.mjs';
import { removeLeftOvers, replaceFolder } from './replace-folder.mjs';
import { runStep } from './run-step.mjs';

const dist = join(root, 'dist');
const stampName = '.sources-hash';

/** True when dist/ was compiled from just these sources, compiler options and packages, and is all there. */
export function buildIsCurrent() {
  const stamp = readIfThere(join(dist, stampName));
  return stamp !== undefined && stamp === stampOf(dist, hashSources());
}

/**
 * Compiles src/ into a new folder and then puts that in dist/'s place, so that dist/ has no left-overs of deleted
 * sources and a failed build leaves it as it was. Ends the process if compiling fails.
 */
export function build() {
  const fresh = join(root, `.dist-${process.pid}`);
  const hash = hashSources();
  removeLeftOvers(dist);
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  process.on('exit', () => rmSync(fresh, { recursive: true, force: true }));
  runStep(
    'Compiling TypeScript',
    process.execPath,
    [compiler, '-p', 'tsconfig.build.json', '--outDir', fresh],
    {
      cwd: root,
    },
  );
  const program = join(fresh, 'cli', 'main.js');
  if (existsSync(program)) chmodSync(program, 0o755);
  writeFileSync(join(fresh, stampName), stampOf(fresh, hash));
  replaceFolder(dist, fresh);
}

function hashSources() {
  const hash = createHash('sha256');
  const sources = filesOf(join(root, 'src'));
  const settings = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
  for (const path of [...sources, ...settings.map((name) => join(root, name))]) {
    hash.update(path.slice(root.length)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

/**
 * @param {string} folder that was compiled to
 * @param {string} sourcesHash of what it was compiled from
 */
export function stampOf(folder, sourcesHash) {
  const hash = createHash('sha256');
  for (const path of filesOf(folder)) {
    if (path !== join(folder, stampName))
      hash.update(`${path.slice(folder.length)} ${statSync(path).size}\0`);
  }
  return `${sourcesHash} ${hash.digest('hex')}\n`;
}

/** @param {string} folder */
function filesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
