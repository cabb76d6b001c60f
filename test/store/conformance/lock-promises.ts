import { describe, expect, it } from 'vitest';
import { checkpoint, loss, newRun } from '../store-fixtures.js';
import { codeOf, locking, startRun, type StoreSubject } from '../store-subject.js';

/** What `Store` promises of locks. */
export function describeLocks(subject: StoreSubject): void {
  describe('lock', () => {
    it('makes the run running, and ending it says how', () => {
      const id = startRun(subject.store);
      expect(subject.store.readRun(id).status).toBe('running');
      subject.store.endRun(id, 'failed', 'loss is not finite');
      expect(subject.store.readRun(id)).toMatchObject({ status: 'failed', statusNote: 'loss is not finite' });
      subject.store.lockRun(id);
      expect(subject.store.readRun(id)).toMatchObject({ status: 'running', statusNote: '' });
    });

    it('is held once', () => {
      const id = startRun(subject.store);
      expect(codeOf(locking(subject.store, id))).toBe('STORE_RUN_LOCKED');
    });

    it('is needed to change a run', () => {
      const { id } = subject.store.createRun(newRun);
      const changes: (() => unknown)[] = [
        () => subject.store.appendEvent(id, { event: 1, state: 1 }),
        () => subject.store.appendLosses(id, [loss]),
        () => subject.store.recordCheckpoint(id, checkpoint),
        () => subject.store.putMetrics(id, { a: 1 }),
        () => subject.store.setOrigin(id, newRun),
        () => subject.store.endRun(id, 'finished'),
      ];
      expect(changes.map(codeOf)).toEqual(changes.map(() => 'STORE_RUN_NOT_LOCKED'));
    });

    it('can be held for a while without a change of the record', () => {
      const { id } = subject.store.createRun(newRun);
      const before = subject.store.readRun(id);
      const held = subject.store.whileHeld(id, () => {
        expect(codeOf(locking(subject.store, id))).toBe('STORE_RUN_LOCKED');
        expect(codeOf(() => subject.store.whileHeld(id, () => 1))).toBe('STORE_RUN_LOCKED');
        return subject.store.readRun(id);
      });
      expect([held, subject.store.readRun(id)]).toEqual([before, before]);
    });

    it('is given back after a while that ends in an error', () => {
      const { id } = subject.store.createRun(newRun);
      const failing = (): never => {
        throw new RangeError('work');
      };
      expect(() => subject.store.whileHeld(id, failing)).toThrow(RangeError);
      subject.store.lockRun(id);
      expect(codeOf(() => subject.store.whileHeld(id, failing))).toBe('STORE_RUN_LOCKED');
    });

    it('is one per run', () => {
      const [first, second] = [startRun(subject.store), startRun(subject.store)];
      subject.store.endRun(first, 'finished');
      expect(subject.store.appendEvent(second, { event: 1, state: 1 })).toBe(1);
    });
  });
}
