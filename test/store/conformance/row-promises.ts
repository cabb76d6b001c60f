import { describe, expect, it } from 'vitest';
import { action, architecture, candidate, checkpoint, loss, round } from '../store-fixtures.js';
import { startRun, type StoreSubject } from '../store-subject.js';

/** What `Store` promises of the rows of a run. */
export function describeRows(subject: StoreSubject): void {
  describe('search rows', () => {
    it('order candidates by round, rank, then name', () => {
      const id = startRun(subject.store);
      const excluded = { ...candidate, rank: null, value: null, status: 'excluded' as const };
      const ordered = [
        { ...candidate, block: 'z', rank: 1 },
        { ...candidate, block: 'b', rank: 2 },
        { ...excluded, block: 'a', deltaClip: null, deltaLatencyMs: null },
        { ...excluded, block: 'c', actionKind: 'copy' as const },
        { ...excluded, block: 'c', actionKind: 'remove' as const },
        { ...candidate, round: 2, block: 'a' },
      ];
      subject.store.appendEvent(id, { event: 1, state: 1, candidates: [...ordered].reverse() });
      expect(subject.store.readCandidates(id)).toEqual(ordered);
      expect(subject.store.readCandidates(id, 2)).toEqual(ordered.slice(5));
      expect(subject.store.readCandidates(id, 3)).toEqual([]);
    });

    it('order actions by index and rounds by round', () => {
      const id = startRun(subject.store);
      const stop = { ...action, index: 10, kind: 'stop' as const, blocks: [] };
      subject.store.appendEvent(id, {
        event: 1,
        state: 1,
        actions: [stop],
        rounds: [{ ...round, round: 10 }],
      });
      subject.store.appendEvent(id, {
        event: 1,
        state: 1,
        actions: [action],
        rounds: [{ ...round, round: 9 }],
      });
      expect(subject.store.readActions(id)).toEqual([action, stop]);
      expect(subject.store.readRounds(id).map((row) => row.round)).toEqual([9, 10]);
    });

    it('keep an architecture apart by round, role and hash', () => {
      const id = startRun(subject.store);
      const distinct = [
        architecture,
        { ...architecture, round: 2 },
        { ...architecture, role: 'final' as const },
        { ...architecture, hash: 'a2' },
      ];
      subject.store.appendEvent(id, { event: 1, state: 1, architectures: distinct });
      expect(subject.store.readArchitectures(id)).toEqual(distinct);
    });
  });

  describe('training', () => {
    it('orders losses and lets a resumed training replace its steps', () => {
      const id = startRun(subject.store);
      subject.store.appendLosses(id, [
        { ...loss, step: 10 },
        { ...loss, step: 9 },
      ]);
      subject.store.appendLosses(id, [
        { ...loss, step: 10, loss: 0.25, extras: {} },
        { ...loss, phase: 'fine-tune' },
      ]);
      const robust = [
        { ...loss, step: 9 },
        { ...loss, step: 10, loss: 0.25, extras: {} },
      ];
      expect(subject.store.readLosses(id, 'robust')).toEqual(robust);
      expect(subject.store.readLosses(id)).toEqual([{ ...loss, phase: 'fine-tune' }, ...robust]);
    });

    it('orders checkpoints by step, one a file', () => {
      const id = startRun(subject.store);
      const weights = { ...checkpoint, file: 'w', kind: 'unet-weights', step: 5 };
      subject.store.recordCheckpoint(id, checkpoint);
      subject.store.recordCheckpoint(id, weights);
      subject.store.recordCheckpoint(id, { ...checkpoint, sizeBytes: 99 });
      expect(subject.store.readCheckpoints(id)).toEqual([weights, { ...checkpoint, sizeBytes: 99 }]);
    });

    it('keeps figures by name', () => {
      const id = startRun(subject.store);
      subject.store.putMetrics(id, { 'vae.psnrDb': 28, 'clip.top5': 0.8 });
      subject.store.putMetrics(id, { 'vae.psnrDb': 29.5 });
      expect(Object.entries(subject.store.readMetrics(id))).toEqual([
        ['clip.top5', 0.8],
        ['vae.psnrDb', 29.5],
      ]);
    });
  });
}
