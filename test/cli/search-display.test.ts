import { describe, expect, it } from 'vitest';
import { SearchDisplay } from '../../src/cli/search-run/search-display.js';
import type { Progress } from '../../src/cli/terminal/progress.js';
import { runSearch } from '../../src/search/run-search.js';
import { MemoryJournal, portsInto, start } from '../support/search-fakes.js';
import { calmWorld } from '../support/simulated-world.js';

/** What was shown: each task with the counts that it was updated to. */
class Shown implements Progress {
  readonly tasks: { readonly label: string; readonly total: number; readonly counts: number[] }[] = [];

  start(label: string, total: number, done = 0): void {
    this.tasks.push({ label, total, counts: [done] });
  }

  update(done: number): void {
    this.tasks.at(-1)?.counts.push(done);
  }

  stop(): void {
    // Nothing to take away.
  }

  around(write: () => void): void {
    write();
  }
}

describe('what a search shows of how far it is', () => {
  it('never goes back, nor beyond the end, and tells of a race once for each', async () => {
    const shown = new Shown();
    const display = new SearchDisplay(shown);
    const racing = { firstCaptions: 8, confidence: 0.95 };
    await runSearch(
      portsInto({ ...calmWorld, scoreNoise: 0.01 }, new MemoryJournal()),
      start({ captionCount: 64, pass: 'racing', racing, maxRounds: 2 }),
      {
        onProgress: (unit) => {
          display.onUnitDone();
          display.onUnit(unit);
        },
      },
    );
    const races = shown.tasks.filter(({ label }) => label.endsWith('racing, at most'));
    expect(races.length).toBeGreaterThan(0);
    expect(new Set(races.map(({ label }) => label)).size).toBe(races.length);
    expect(Math.max(...races.map(({ counts }) => counts.length))).toBeGreaterThan(2);
    for (const { total, counts } of shown.tasks) {
      expect(counts).toEqual(counts.toSorted((one, other) => one - other));
      expect(Math.max(...counts)).toBeLessThanOrEqual(total);
    }
  });
});
