// How many hostile inputs each reader of strangers' files stands: `npm run fuzz -- --cases 100000`.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { replaceFile } from '../../src/files/replace-file.js';
import { parsers } from './parsers.js';
import type { FuzzReport } from './try-parser.js';

/** Without a word from a process, it hangs: a word comes twice a second while cases end. */
const SILENCE_MS = 180_000;
const HEAP_LIMIT_MB = 1_024;

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '20261129' },
    parser: { type: 'string', multiple: true },
    jobs: { type: 'string', default: '1' },
    out: { type: 'string', default: 'results/fuzz.json' },
  },
});
const [cases, seed] = [Number(values.cases), Number(values.seed)];
const memory = '/dev/shm';
const root = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'snapevo-fuzz-'));
const reports: FuzzReport[] = [];

const waiting = [...(values.parser ?? parsers.map(({ name }) => name))];
await Promise.all(
  Array.from({ length: Number(values.jobs) }, async (_, job) => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      keep(await tryInProcess(name, join(root, String(job))));
    }
  }),
);
rmSync(root, { recursive: true });
console.table(
  reports.map(({ failures, slowestMs, peakMemoryBytes, ...rest }) => ({
    ...{
      ...rest,
      failures: failures.length,
      'slowest ms': Math.round(slowestMs),
      'memory MB': Math.round(peakMemoryBytes / 1e6),
    },
  })),
);
for (const { parser, failures } of reports)
  for (const failure of failures) console.log(`\n${parser}: ${failure}`);
if (reports.some(({ failures }) => failures.length > 0)) process.exitCode = 1;

/** After every parser: a night that is cut short leaves what it got to. Parsers that are not tried keep their figures. */
function keep(report: FuzzReport): void {
  reports.push(report);
  const known = existsSync(values.out) ? (JSON.parse(readFileSync(values.out, 'utf8')) as FuzzReport[]) : [];
  const byParser = new Map([...known, report].map((each) => [each.parser, each]));
  const rows = parsers.flatMap(({ name }) => byParser.get(name) ?? []);
  replaceFile(values.out, `${JSON.stringify(rows, null, 2)}\n`);
  console.log(`${report.parser}: ${report.cases} cases, ${report.failures.length} failures`);
}

async function tryInProcess(name: string, scratch: string): Promise<FuzzReport> {
  const script = fileURLToPath(new URL('run-parser.ts', import.meta.url));
  const limits = [`--max-old-space-size=${HEAP_LIMIT_MB}`, ...process.execArgv];
  const child = spawn(process.execPath, [...limits, script, name, String(cases), String(seed), scratch], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let [last, ending] = ['0', ''];
  const watch = setTimeout(() => {
    ending = `no case ended for ${SILENCE_MS / 1_000} seconds after case ${last}`;
    child.kill('SIGKILL');
  }, SILENCE_MS);
  child.on('exit', (code, signal) => {
    if (ending === '') ending = `the process ended with ${String(signal ?? code)} after case ${last}`;
  });
  for await (const line of createInterface({ input: child.stdout })) {
    watch.refresh();
    last = line;
  }
  clearTimeout(watch);
  if (last.startsWith('{')) return JSON.parse(last) as FuzzReport;
  const none = { refused: 0, accepted: 0, slowestMs: 0, peakMemoryBytes: 0 };
  return { parser: name, cases: Number(last), ...none, failures: [ending], seed };
}
