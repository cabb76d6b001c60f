import { median } from 'simple-statistics';
import type { SideResult } from './compare.js';
import type { Estimate } from '../src/statistics/estimate.js';

const HEADINGS = ['', 'ms, median [95% interval]', 'quartiles', 'CPU ms', 'peak MB', 'time / peer’s'];

const digitsOf = (ms: number): number => (ms < 1 ? 3 : ms < 100 ? 1 : 0);

const inWords = ({ value, low, high }: Estimate, digits: number): string =>
  `${value.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;

/** What was measured of the sides of a comparison, as a table in Markdown; times are of one step. */
export function tableOfSides(results: readonly SideResult[]): string {
  const rows = results.map(({ name, msPerStep, quartilesMs, cpuMsPerStep, peakMemoryMb, ratioToPeer }) => {
    const digits = digitsOf(msPerStep.value);
    return [
      name,
      inWords(msPerStep, digits),
      quartilesMs.map((each) => each.toFixed(digits)).join(' - '),
      cpuMsPerStep.toFixed(digits),
      peakMemoryMb.toFixed(0),
      inWords(ratioToPeer, 2),
    ];
  });
  return [HEADINGS, HEADINGS.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Of the sides that tell, how long they opened files, and of the time after that the share that is neither a session's run nor its loading, and that of loading. */
export function linesOfShares(results: readonly SideResult[]): readonly string[] {
  return results.flatMap(({ name, shares = [] }) => {
    if (shares.length === 0) return [];
    const share = (of: (each: (typeof shares)[number]) => number): string =>
      `${(100 * median(shares.map((each) => of(each) / (each.ms - each.openingMs)))).toFixed(1)}%`;
    const outside = share(
      ({ ms, openingMs, runningMs, loadingMs }) => ms - openingMs - runningMs - loadingMs,
    );
    const opening = `${(median(shares.map(({ openingMs }) => openingMs)) / 1e3).toFixed(1)} s`;
    return [
      `${name}: ${opening} opening models and data; of the rest ${outside} outside of sessions, ${share(({ loadingMs }) => loadingMs)} loading them.`,
    ];
  });
}
