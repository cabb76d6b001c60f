import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { action, architecture, candidate, checkpoint, newRun, round } from '../store-fixtures.js';
import { codeOf, startRun, type StoreSubject } from '../store-subject.js';

/** What `Store` promises of events and the rows that come with them. */
export function describeEvents(subject: StoreSubject): void {
  describe('events', () => {
    it('start with no state', () => {
      const { id } = subject.store.createRun(newRun);
      expect(subject.store.readState(id)).toBeUndefined();
      expect(subject.store.readEvents(id)).toEqual([]);
    });

    it('are numbered from 1 and carry the state after them', () => {
      const id = startRun(subject.store);
      expect(subject.store.appendEvent(id, { event: { type: 'trained' }, state: { step: 1 } })).toBe(1);
      expect(subject.store.appendEvent(id, { event: { type: 'scored' }, state: { step: 2 } })).toBe(2);
      expect(subject.store.readState(id)).toEqual({ sequence: 2, state: { step: 2 } });
      expect(subject.store.readEvents(id).map(({ sequence, event }) => [sequence, event])).toEqual([
        [1, { type: 'trained' }],
        [2, { type: 'scored' }],
      ]);
      expect(subject.store.readEvents(id, 1).map(({ sequence }) => sequence)).toEqual([2]);
    });

    it('touch the run', () => {
      const id = startRun(subject.store);
      subject.store.appendEvent(id, { event: 1, state: 1 });
      expect(subject.store.readRun(id).updatedAtMs).toBe(subject.store.readEvents(id)[0]?.atMs);
    });

    it('belong to their run', () => {
      const [first, second] = [startRun(subject.store), startRun(subject.store)];
      subject.store.appendEvent(first, { event: 'mine', state: 1, rounds: [round] });
      expect(subject.store.readEvents(second)).toEqual([]);
      expect(subject.store.readRounds(second)).toEqual([]);
    });

    it('bring their rows with them', () => {
      const id = startRun(subject.store);
      const rows = {
        rounds: [round],
        candidates: [candidate],
        architectures: [architecture],
        actions: [action],
        checkpoints: [checkpoint],
      };
      subject.store.appendEvent(id, { event: 1, state: 1, ...rows });
      expect(subject.store.readRounds(id)).toEqual([round]);
      expect(subject.store.readCandidates(id)).toEqual([candidate]);
      expect(subject.store.readArchitectures(id)).toEqual([architecture]);
      expect(subject.store.readActions(id)).toEqual([action]);
      expect(subject.store.readCheckpoints(id)).toEqual([checkpoint]);
    });

    it('replace rows of the same key', () => {
      const id = startRun(subject.store);
      const scored = { ...round, weightsHash: 'w1', clipScore: { value: 0.3, low: 0.2, high: 0.4 } };
      subject.store.appendEvent(id, { event: 1, state: 1, rounds: [round], architectures: [architecture] });
      const later = [
        { ...architecture, role: 'current' as const },
        { ...architecture, clipScore: null },
      ];
      subject.store.appendEvent(id, {
        event: 2,
        state: 2,
        rounds: [{ ...scored, budgetMet: true }],
        architectures: later,
      });
      expect(subject.store.readRounds(id)).toEqual([{ ...scored, budgetMet: true }]);
      expect(subject.store.readArchitectures(id)).toEqual([later[1], later[0]]);
    });

    it('replace all checkpoints by theirs, if they bring any', () => {
      const id = startRun(subject.store);
      const files = ['a', 'b', 'c'].map((file) => ({ ...checkpoint, file }));
      subject.store.appendEvent(id, { event: 1, state: 1, checkpoints: files.slice(0, 2) });
      subject.store.appendEvent(id, { event: 2, state: 2 });
      expect(subject.store.readCheckpoints(id)).toEqual(files.slice(0, 2));
      subject.store.appendEvent(id, { event: 3, state: 3, checkpoints: files.slice(1) });
      expect(subject.store.readCheckpoints(id)).toEqual(files.slice(1));
    });

    it('leave nothing behind when refused', () => {
      const id = startRun(subject.store);
      subject.store.appendEvent(id, { event: 1, state: 'before' });
      const broken = [{ ...architecture, parameterCount: Number.NaN }];
      const commit = { event: 2, state: 'after', rounds: [round], architectures: broken };
      expect(codeOf(() => subject.store.appendEvent(id, commit))).toBe('STORE_VALUE_INVALID');
      expect(subject.store.readState(id)).toEqual({ sequence: 1, state: 'before' });
      expect(subject.store.readRounds(id)).toEqual([]);
    });

    it('carry any JSON value unchanged', () => {
      const id = startRun(subject.store);
      const property = fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const sequence = subject.store.appendEvent(id, { event: value, state: [value] });
        const expected: unknown = JSON.parse(JSON.stringify(value));
        expect(subject.store.readState(id)).toEqual({ sequence, state: [expected] });
        expect(subject.store.readEvents(id, sequence - 1)[0]?.event).toEqual(expected);
      });
      fc.assert(property, { numRuns: 50, examples: [[{ a: -0 }]] });
    });

    it.each([
      ['NaN', { a: [Number.NaN] }],
      ['infinity', Number.POSITIVE_INFINITY],
      ['a Map', new Map()],
      ['a typed array', new Float32Array(2)],
      ['a Date', { at: new Date(0) }],
      ['a bigint', 1n],
      ['undefined', undefined],
    ])('refuse %s', (_name, value) => {
      const id = startRun(subject.store);
      expect(codeOf(() => subject.store.appendEvent(id, { event: value, state: 1 }))).toBe(
        'STORE_VALUE_INVALID',
      );
      expect(codeOf(() => subject.store.appendEvent(id, { event: 1, state: value }))).toBe(
        'STORE_VALUE_INVALID',
      );
    });
  });
}
