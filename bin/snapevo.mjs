#!/usr/bin/env node
// There before anything is built, so that npx finds it whenever it is first asked for it.
import { existsSync } from 'node:fs';
import process from 'node:process';

const program = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(program)) await import(program.href);
else {
  console.error(
    'error NOT_BUILT: expected the built program in dist/, found none\n  npm run set-up makes it',
  );
  process.exitCode = 2;
}
