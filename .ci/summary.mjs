// Prints 'N passed, N failed, N skipped' from vitest's JSON report, named by the first argument.
import { readFileSync } from 'node:fs';
import process from 'node:process';

/**
 * @typedef {{ status: string, assertionResults: { status: string }[] }} FileReport
 * @typedef {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number,
 *   testResults: FileReport[] }} Report
 */

const path = process.argv[2];
if (path === undefined) throw new Error('usage: summary.mjs <vitest report.json>');

/** @type {Report} */
const report = JSON.parse(readFileSync(path, 'utf8'));

// A file that fails before its first test has no failed test to show for it.
const failedFiles = report.testResults.filter(
  ({ status, assertionResults }) =>
    status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
);
const failed = report.numFailedTests + failedFiles.length;
const skipped = report.numPendingTests + report.numTodoTests;
console.log(`${report.numPassedTests} passed, ${failed} failed, ${skipped} skipped`);
