import { resolve } from 'node:path';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { runDirectory } from '../../store/run-directory.js';
import type { OnDamagedRun, RunRecord } from '../../store/run-record.js';
import type { Store } from '../../store/store.js';
import type { CliContext } from '../cli-context.js';
import { databasePath, readStore } from '../compose/open-store.js';
import { noRun, selectRun } from '../select-run.js';
import { readOrFind, RESTORE, type Finding } from '../verify-run/finding.js';
import { inspectRun, type RunInspection } from '../verify-run/inspect-run.js';
import { verifyCheckpoints } from '../verify-run/verify-checkpoints.js';
import { formatVerification, type Verification } from '../views/verification-view.js';

export interface VerifyOptions {
  readonly results: string;
  readonly json: boolean;
}

/**
 * Looks for damage in what is stored of one run, or of all: in the database, in what a search decided, in checkpoints.
 * @throws SnapEvoError `VERIFY_DAMAGED`, after all that was found is told; those of `selectRun`
 */
export async function verifyRuns(
  given: string | undefined,
  options: VerifyOptions,
  context: CliContext,
): Promise<void> {
  const { terminal, currentFolder } = context;
  const results = resolve(currentFolder, options.results);
  const { inspections, ...store } = inspectStore(results, given, context);
  const runs: RunInspection[] = [];
  terminal.progress.start('checkpoints', inspections.length);
  for (const inspection of inspections) {
    runs.push(await withCheckpoints(inspection, results, context));
    terminal.progress.update(runs.length);
  }
  terminal.progress.stop();
  const verification = { ...store, runs };
  if (options.json) terminal.printJson(verification);
  else terminal.print(formatVerification(verification, terminal.styles));
  requireWhole(verification);
}

function inspectStore(
  results: string,
  given: string | undefined,
  { nowMs, version }: CliContext,
): Omit<Verification, 'runs'> & { readonly inspections: readonly RunInspection[] } {
  const findings: Finding[] = [];
  const database = databasePath(results);
  const read = (store: Store): readonly RunInspection[] => {
    for (const message of store.check()) {
      findings.push({ what: 'database', where: database, message, hint: RESTORE });
    }
    const onDamaged: OnDamagedRun = (where, { message, hint = RESTORE }) =>
      findings.push({ what: 'run', where, message, hint });
    const runs = given === undefined ? store.listRuns({}, onDamaged) : [selectRun(store, given)];
    return runs.map((run) => inspectRun(store, run));
  };
  const inspections = readOrFind(
    () =>
      readStore(results, nowMs, read, () => {
        throw noRun({}, results);
      }),
    { what: 'database', where: database },
    findings,
  );
  return { version, database, findings, inspections: inspections ?? [] };
}

/** Should somebody have begun to work on the run meanwhile, its files are no longer those on record. */
async function withCheckpoints(
  inspection: RunInspection,
  results: string,
  { nowMs, signal }: CliContext,
): Promise<RunInspection> {
  const { run, checkpoints, findings } = inspection;
  const folder = runDirectory(databasePath(results), run.id);
  const found = await verifyCheckpoints(checkpoints, folder, run.kind, signal);
  if (found.length === 0) return inspection;
  const reread = (): RunRecord =>
    readStore(
      results,
      nowMs,
      (store) => store.readRun(run.id),
      () => run,
    );
  const now = readOrFind(reread, { what: 'run', where: run.id }, []) ?? run;
  return now.status === 'running' || now.updatedAtMs !== run.updatedAtMs
    ? { ...inspection, note: 'checkpoints left out: somebody works on it' }
    : { ...inspection, findings: [...findings, ...found] };
}

function requireWhole({ findings, runs }: Verification): void {
  const count = findings.length + runs.reduce((sum, run) => sum + run.findings.length, 0);
  if (count === 0) return;
  throw new SnapEvoError({
    code: 'VERIFY_DAMAGED',
    message: `expected everything to be as it was stored, found otherwise: ${count === 1 ? '1 thing' : `${count} things`}`,
    hint: 'Standard output says what, where, and what to do.',
    fault: 'machine',
  });
}
