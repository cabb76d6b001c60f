import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { imageScore, latencyEntry, newRun, scoreKey, tableKey } from '../store-fixtures.js';
import { codeOf, startRun, type StoreSubject } from '../store-subject.js';

/** What `Store` promises of results that runs share. */
export function describeMeasurements(subject: StoreSubject): void {
  describe('image scores', () => {
    it('are found by what they depend on', () => {
      subject.store.putImageScores(scoreKey, [imageScore]);
      expect(subject.store.readImageScores(scoreKey)).toEqual([imageScore]);
      expect(subject.store.readImageScores({ ...scoreKey, architectureHash: 'x' })).toEqual([]);
      expect(subject.store.readImageScores({ ...scoreKey, weightsHash: 'x' })).toEqual([]);
      expect(subject.store.readImageScores({ ...scoreKey, scorerHash: 'x' })).toEqual([]);
    });

    it('keep the first score of a key', () => {
      subject.store.putImageScores(scoreKey, [imageScore]);
      subject.store.putImageScores(scoreKey, [
        { ...imageScore, score: 0.5 },
        { ...imageScore, captionIndex: 1 },
      ]);
      expect(subject.store.readImageScores(scoreKey)).toEqual([
        { ...imageScore, captionIndex: 1 },
        imageScore,
      ]);
    });

    it('refuse what is no number, all or nothing', () => {
      const scores = [imageScore, { ...imageScore, seed: 1, score: Number.NaN }];
      const put = (): void => {
        subject.store.putImageScores(scoreKey, scores);
      };
      expect(codeOf(put)).toBe('STORE_VALUE_INVALID');
      expect(subject.store.readImageScores(scoreKey)).toEqual([]);
    });

    it('do not depend on the order or the number of times that jobs are done', () => {
      const scores = Array.from({ length: 6 }, (_, at) => ({
        captionIndex: at >> 1,
        seed: at & 1,
        score: at / 8,
      }));
      const jobs = fc.array(fc.subarray(scores), { maxLength: 8 });
      let trial = 0;
      fc.assert(
        fc.property(jobs, (done) => {
          const key = { ...scoreKey, weightsHash: `trial ${trial++}` };
          for (const job of done) subject.store.putImageScores(key, [...job].reverse());
          const expected = scores.filter((score) => done.some((job) => job.includes(score)));
          expect(subject.store.readImageScores(key)).toEqual(expected);
        }),
        { numRuns: 30 },
      );
    });
  });

  describe('latency tables', () => {
    it('are found by their whole key', () => {
      subject.store.putLatencyEntry(tableKey, latencyEntry);
      expect(subject.store.readLatencyEntry(tableKey, latencyEntry.subject, 'isolated')).toEqual(
        latencyEntry,
      );
      expect(subject.store.readLatencyEntry(tableKey, latencyEntry.subject, 'in-network')).toBeUndefined();
      const others = [
        { ...tableKey, protocol: 2 },
        { ...tableKey, deviceFingerprint: 'x' },
        { ...tableKey, dtype: 'float16' },
        { ...tableKey, batchSize: 2 },
        { ...tableKey, latentHeight: 8 },
        { ...tableKey, latentWidth: 8 },
        { ...tableKey, contextLength: 8 },
      ];
      for (const other of others) {
        expect(subject.store.readLatencyTable(other)).toEqual([]);
        expect(subject.store.readLatencyEntry(other, latencyEntry.subject, 'isolated')).toBeUndefined();
      }
    });

    it('keep the newest measurement of a subject by a method', () => {
      const again = { ...latencyEntry, medianMs: { value: 2, low: 1, high: 3 }, flags: [] };
      const inNetwork = { ...latencyEntry, method: 'in-network' as const };
      for (const entry of [latencyEntry, inNetwork, again]) subject.store.putLatencyEntry(tableKey, entry);
      expect(subject.store.readLatencyTable(tableKey)).toEqual([inNetwork, again]);
    });

    it('leave a run those that it goes by', () => {
      const id = startRun(subject.store);
      const inNetwork = { ...latencyEntry, method: 'in-network' as const };
      const { subject: name } = latencyEntry;
      for (const entry of [latencyEntry, { ...inNetwork, flags: ['drift'] }, inNetwork]) {
        subject.store.putRunLatency(id, entry);
      }
      subject.store.putLatencyEntry(tableKey, { ...latencyEntry, flags: [] });
      expect(subject.store.readRunLatencies(id)).toEqual([inNetwork, latencyEntry]);
      expect(subject.store.readRunLatencies(id, { subject: name, method: 'isolated' })).toEqual([
        latencyEntry,
      ]);
      expect(subject.store.readRunLatencies(id, { subject: 'x' })).toEqual([]);
      const { id: other } = subject.store.createRun(newRun);
      expect(subject.store.readRunLatencies(other)).toEqual([]);
      const put = (): void => {
        subject.store.putRunLatency(other, latencyEntry);
      };
      expect(codeOf(put)).toBe('STORE_RUN_NOT_LOCKED');
    });
  });
}
