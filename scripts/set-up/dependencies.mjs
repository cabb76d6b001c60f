import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';

import { readIfThere, root } from './paths.mjs';
import { runStep } from './run-step.mjs';

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean }} LockedPackage
 * @typedef {{ packages: Record<string, LockedPackage> }} LockFile
 */

const modules = join(root, 'node_modules');
const stampFile = join(modules, '.snapevo-set-up');

/** True when node_modules holds what package-lock.json asks for, with native modules built for the running Node. */
export function dependenciesAreCurrent() {
  if (!installedIsThere()) return false;
  if (readIfThere(stampFile) === wantedStamp()) return true;
  if (!installedMatchesLock() || !nativeModuleLoads()) return false;
  writeFileSync(stampFile, wantedStamp());
  return true;
}

/** Runs `npm ci`, compiling what has no prebuilt binary and downloading no CUDA. Ends the process if that fails. */
export function installDependencies() {
  const npm = npmCommand();
  const args = [...npm.args, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  runStep(
    'Installing packages (a minute or two when a native module has to be compiled)',
    npm.command,
    args,
    {
      cwd: root,
      env: installEnvironment(process.env),
    },
  );
  if (!nativeModuleLoads(true)) {
    console.error(
      '[set-up] better-sqlite3 was installed but does not load in this Node; its error is above.',
    );
    process.exit(1);
  }
  writeFileSync(stampFile, wantedStamp());
}

/** What the installation depends on: the locked packages, and what native modules are built for. */
function wantedStamp() {
  const lockHash = createHash('sha256').update(lockText()).digest('hex');
  return `${lockHash} ${process.platform}-${process.arch} abi-${process.versions.modules}\n`;
}

function lockText() {
  const text = readIfThere(join(root, 'package-lock.json'));
  if (text === undefined) throw new Error('package-lock.json is missing from the checkout');
  return text;
}

/** Compares with npm's own record of what it installed, so that a plain `npm ci` or `npm install` counts too. */
function installedMatchesLock() {
  const installedText = readIfThere(join(modules, '.package-lock.json'));
  if (installedText === undefined) return false;
  const locked = parseLock(lockText());
  const installed = parseLock(installedText).packages;
  return Object.entries(locked.packages).every(([path, wanted]) => {
    if (path === '') return true;
    const found = installed[path];
    if (found === undefined) return wanted.optional === true || wanted.devOptional === true;
    return found.version === wanted.version && found.integrity === wanted.integrity;
  });
}

/** Whether every package that npm recorded as installed still has its package.json, and the native module its binary. */
function installedIsThere() {
  const installedText = readIfThere(join(modules, '.package-lock.json'));
  if (installedText === undefined) return false;
  const binary = join(modules, 'better-sqlite3', 'build', 'Release', 'better_sqlite3.node');
  const manifests = Object.keys(parseLock(installedText).packages).map((path) =>
    join(root, path, 'package.json'),
  );
  return [binary, ...manifests].every((path) => existsSync(path));
}

/**
 * @param {string} text
 * @returns {LockFile}
 */
function parseLock(text) {
  return /** @type {LockFile} */ (JSON.parse(text));
}

/** Tries better-sqlite3, the one package that is compiled on this machine, in a process of its own. */
function nativeModuleLoads(showError = false) {
  const attempt = "new (require('better-sqlite3'))(':memory:').close()";
  const result = spawnSync(process.execPath, ['--eval', attempt], {
    cwd: root,
    stdio: ['ignore', 'ignore', showError ? 'inherit' : 'ignore'],
  });
  return result.status === 0;
}

/** The npm that started us, else the one on the PATH. */
function npmCommand() {
  const script = process.env['npm_execpath'];
  if (script !== undefined && /^npm(-cli)?\.c?js$/.test(basename(script))) {
    return { command: process.execPath, args: [script] };
  }
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', args: [] };
}

/**
 * node-gyp takes the headers beside the running Node where it has any, instead of downloading them; onnxruntime-node's
 * install script fetches no CUDA libraries unless asked to (npm 11 does not even start it: `allowScripts`).
 *
 * @param {NodeJS.ProcessEnv} outer
 * @returns {NodeJS.ProcessEnv}
 */
function installEnvironment(outer) {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  const hasHeaders = existsSync(join(prefix, 'include', 'node', 'node.h'));
  return {
    ...(hasHeaders ? { npm_config_nodedir: prefix } : {}),
    ONNXRUNTIME_NODE_INSTALL: 'skip',
    ...outer,
  };
}
