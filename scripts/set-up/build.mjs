import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

import { readIfThere, root } from './paths.mjs';
import { runStep } from './run-step.mjs';

const dist = join(root, 'dist');
const stampName = '.sources-hash';

/** True when dist/ was compiled from just these sources, compiler options and packages. */
export function buildIsCurrent() {
  return readIfThere(join(dist, stampName)) === hashSources();
}

/**
 * Compiles src/ into a new folder and then puts that in dist/'s place, so that dist/ has no left-overs of deleted
 * sources and a failed build leaves it as it was. Ends the process if compiling fails.
 */
export function build() {
  const fresh = join(root, `.dist-${process.pid}`);
  const hash = hashSources();
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
  writeFileSync(join(fresh, stampName), hash);
  replaceFolder(dist, fresh);
}

/**
 * @param {string} target
 * @param {string} replacement
 */
function replaceFolder(target, replacement) {
  const old = `${replacement}-old`;
  if (existsSync(target)) renameSync(target, old);
  renameSync(replacement, target);
  rmSync(old, { recursive: true, force: true });
}

function hashSources() {
  const hash = createHash('sha256');
  const sources = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const settings = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
  for (const path of [...sources, ...settings.map((name) => join(root, name))]) {
    hash.update(path.slice(root.length)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}
