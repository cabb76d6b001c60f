// Whether pictures of fewer denoising steps rank the blocks as those of more do: `npm run bench:fewer-steps`. See bench/README.md.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { mean, sampleCorrelation, sampleRankCorrelation } from 'simple-statistics';
import { presentBlocks, removeBlock } from '../../src/architecture/architecture.js';
import { hashArchitecture } from '../../src/architecture/canonical-form.js';
import type { Architecture } from '../../src/architecture/architecture.js';
import { withStore } from '../../src/cli/compose/open-store.js';
import type { Store } from '../../src/store/store.js';
import { withBenchSearch } from '../with-bench-search.js';

const { values: options } = parseArgs({
  options: {
    config: { type: 'string', default: 'configs/emoji.yaml' },
    captions: { type: 'string', default: '64' },
    steps: { type: 'string', default: '2,3,4,6' },
    out: { type: 'string', default: 'results/bench-fewer-steps.json' },
  },
});
const captions = Number(options.captions);
const stepCounts = options.steps.split(',').map(Number);

/** dCLIP of a block's removal, by caption. */
type Losses = ReadonlyMap<string, readonly number[]>;

/** What the removal of each block loses on the pretrained weights, with pictures of so many steps. */
async function lossesBy(steps: number, results: string, store: Store): Promise<Losses> {
  const settings = [
    `results=${results}`,
    `name=steps-${steps}`,
    `evaluation.steps=${steps}`,
    `search.captionCount=${captions}`,
  ];
  const bench = { config: options.config, settings };
  return withBenchSearch(store, bench, async ({ ports, original, savePretrained }) => {
    const weights = savePretrained();
    const score = async (architecture: Architecture): Promise<readonly number[]> => {
      const architectureHash = hashArchitecture(architecture);
      const range = { from: 0, to: captions };
      const request = { type: 'score', architecture, architectureHash, weights, captions: range } as const;
      return (await ports.scorer.score(request)).scores;
    };
    const whole = await score(original);
    const losses = new Map<string, readonly number[]>();
    for (const { id } of presentBlocks(original)) {
      const without = await score(removeBlock(original, id));
      losses.set(
        id,
        whole.map((clip, index) => clip - (without[index] ?? Number.NaN)),
      );
    }
    return losses;
  });
}

/** How far fewer steps say the same as the most: of the blocks' means, and of single pictures. */
function compare(steps: number, fewer: Losses, most: Losses): Record<string, number> {
  const blocks = [...most.keys()];
  const meansOf = (losses: Losses): number[] => blocks.map((block) => mean([...(losses.get(block) ?? [])]));
  const all = (losses: Losses): number[] => blocks.flatMap((block) => losses.get(block) ?? []);
  return {
    steps,
    rankCorrelation: sampleRankCorrelation(meansOf(fewer), meansOf(most)),
    correlation: sampleCorrelation(meansOf(fewer), meansOf(most)),
    pictureCorrelation: sampleCorrelation(all(fewer), all(most)),
  };
}

const folder = mkdtempSync(join(tmpdir(), 'snapevo-steps-'));
try {
  const bySteps = await withStore(
    folder,
    { nowMs: Date.now, command: 'npm run bench:fewer-steps' },
    async (store) => {
      const found = new Map<number, Losses>();
      for (const steps of stepCounts) found.set(steps, await lossesBy(steps, folder, store));
      return found;
    },
  );
  const most = bySteps.get(Math.max(...stepCounts)) ?? new Map<string, readonly number[]>();
  const rows = [...bySteps].map(([steps, losses]) => compare(steps, losses, most));
  console.table(rows);
  const losses = [...bySteps].map(([steps, each]) => ({ steps, losses: Object.fromEntries(each) }));
  writeFileSync(options.out, `${JSON.stringify({ captions, rows, losses })}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
