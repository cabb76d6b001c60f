import { expect, it } from 'vitest';
import { observeStages } from '../../src/cli/compose/observe-stages.js';
import { LineProgress } from '../../src/cli/terminal/line-progress.js';

it('reckons the time left of a training by its steps alone, not by what came before them', () => {
  const lines: string[] = [];
  let elapsedMs = 0;
  const progress = new LineProgress(
    (line) => lines.push(line),
    () => elapsedMs,
  );
  const store = { appendLosses: () => undefined, recordCheckpoint: () => undefined };
  const learningRate = { peak: 1, warmUpSteps: 0, totalSteps: 100, finalShare: 1 };
  const { signal } = new AbortController();
  const observer = observeStages(
    () => ({ totalSteps: 100, learningRate }),
    { store, runId: 'r' },
    progress,
    signal,
  );
  /** Ten steps that took so long. */
  const steps = (first: number, tookMs: number): void => {
    elapsedMs += tookMs;
    observer.onSteps(
      'decoder',
      first,
      Array.from({ length: 10 }, () => ({ loss: 0.5, gradientNorm: 1 })),
    );
  };
  steps(1, 500_000);
  steps(11, 20_000);
  steps(21, 20_000);
  expect(lines).toEqual([
    'decoder: 10/100',
    'decoder: 20/100, loss 0.500, 2 min 40 s left',
    'decoder: 30/100, loss 0.500, 2 min 20 s left',
  ]);
});
