import { describe, expect, it } from 'vitest';
import { describeLatencyReport, reportLatency } from '../../src/cli/views/latency-report.js';
import { pictureSubject } from '../../src/latency/image-subject.js';
import { latencyWarnings } from '../../src/latency/latency-warning.js';
import type { Baseline } from '../../src/search/state.js';
import { STATE_VERSION } from '../../src/search/state.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { exactly } from '../support/search-fakes.js';

const hash = 'a'.repeat(64);

/** A search of that scope that has ended where it began, and its measurements with their warnings. */
function runOf(
  scope: 'step' | 'image',
  measured: Readonly<Record<string, readonly string[]>>,
  baseline: Partial<Baseline> = {},
): { readonly store: MemoryStore; readonly id: string } {
  const store = new MemoryStore({ nowMs: () => 0, drawSuffix: () => 1 });
  const { id } = store.createRun({
    ...{ kind: 'search', name: 'test', snapevoVersion: '1.2.3', deviceFingerprint: 'x', inputs: {} },
    config: { search: { scope }, evaluation: { steps: 3, guidanceScale: 3 } },
  });
  store.lockRun(id);
  store.appendEvent(id, {
    event: 'scored',
    state: {
      version: STATE_VERSION,
      baseline: { latencyMs: exactly(12), budgetMs: 9, table: [], ...baseline },
    },
    architectures: [
      {
        ...{ round: 0, role: 'original', hash, canonicalForm: 'x', parameterCount: 1, weightsHash: null },
        ...{ parentHash: null, measuredLatencyMs: exactly(12), predictedLatencyMs: 12, clipScore: null },
      },
    ],
  });
  for (const [subject, flags] of Object.entries(measured)) {
    const method = subject.startsWith('picture') ? 'end-to-end' : 'isolated';
    store.putRunLatency(id, {
      subject,
      method,
      samplesMs: [7],
      medianMs: exactly(7),
      flags,
      measuredAtMs: 0,
    });
  }
  return { store, id };
}

const linesOf = ({ store, id }: ReturnType<typeof runOf>): readonly string[] =>
  describeLatencyReport(reportLatency(store, id));

describe('a report of latencies', () => {
  const measured = {
    'text encoder 0123, batch 1': ['drift'],
    'decoder 4567, batch 1': ['outliers', 'drift'],
    [pictureSubject(hash)]: ['few-samples', 'drift'],
  };

  it('of pictures has the warnings of all that they are made of, and of those made', () => {
    const { store, id } = runOf('image', measured);
    const { images, networks } = reportLatency(store, id);
    expect(images?.warnings).toEqual([
      { warning: 'few-samples', measurements: ['image of the original network'] },
      { warning: 'outliers', measurements: ['decoder'] },
      { warning: 'drift', measurements: ['text encoder', 'decoder', 'image of the original network'] },
    ]);
    expect(networks).toEqual({ count: 0, warnings: [] });
    expect(linesOf({ store, id })).toContain(
      `drift (text encoder, decoder, image of the original network): ${latencyWarnings.drift}`,
    );
  });

  it('of steps has none of pictures', () => {
    expect(linesOf(runOf('step', measured)).join('\n')).not.toContain('drift');
    expect(linesOf(runOf('image', { 'decoder 4567, batch 1': [] })).join('\n')).not.toContain('drift');
  });

  it('says why the table is not calibrated', () => {
    const skippedCalibration = { fewestMs: 1_120_000, timeLimitMs: 8_000 };
    const { store, id } = runOf('step', {}, { skippedCalibration });
    expect(reportLatency(store, id).table).toMatchObject({ calibration: null, skippedCalibration });
    expect(linesOf({ store, id }).join('\n')).toContain(
      'not calibrated with random networks, whose fewest runs take 1120 s where 8 s are allowed',
    );
    expect(linesOf(runOf('step', {})).join('\n')).not.toContain('not calibrated');
  });
});
