import { writeSync } from 'node:fs';
import { parsers } from './parsers.js';
import { tryParser } from './try-parser.js';

const STANDARD_OUTPUT = 1;
const PROGRESS_MS = 500;

/** One parser in a process of its own, which may hang or run out of memory: how many cases are done, time and again, then the report. */
const [name, cases, seed, scratch = ''] = process.argv.slice(2);
const parser = parsers.find((each) => each.name === name);
if (parser === undefined) throw new Error(`expected a parser, found ${String(name)}`);
let toldAt = 0;
const report = await tryParser(parser, {
  cases: Number(cases),
  seed: Number(seed),
  scratch,
  onCase: (done) => {
    if (performance.now() - toldAt < PROGRESS_MS) return;
    toldAt = performance.now();
    // At once, while the next case may never end.
    writeSync(STANDARD_OUTPUT, `${done}\n`);
  },
});
writeSync(STANDARD_OUTPUT, `${JSON.stringify(report)}\n`);
