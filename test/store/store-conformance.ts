import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/store.js';
import type { StoreDependencies } from '../../src/store/store-dependencies.js';
import { describeEvents } from './conformance/event-promises.js';
import { describeLocks } from './conformance/lock-promises.js';
import { describeMeasurements } from './conformance/measurement-promises.js';
import { describeRows } from './conformance/row-promises.js';
import { describeRuns } from './conformance/run-promises.js';
import { fixedDependencies } from './store-fixtures.js';
import { startRun, type StoreSubject } from './store-subject.js';

/** The promises of `Store`, to be run on every implementation. */
export function describeStore(name: string, open: (dependencies: StoreDependencies) => Store): void {
  describe(`${name} keeps the promises of Store`, () => {
    const subject = { open } as StoreSubject;
    beforeEach(() => {
      subject.store = open(fixedDependencies());
    });
    afterEach(() => subject.store.close());

    describeRuns(subject);
    describeLocks(subject);
    describeEvents(subject);
    describeRows(subject);
    describeMeasurements(subject);

    it('hands out values, not references', () => {
      const id = startRun(subject.store);
      const state = { blocks: ['a'] };
      subject.store.appendEvent(id, { event: 1, state });
      state.blocks.push('changed by the giver');
      const read = subject.store.readState(id)?.state as typeof state;
      read.blocks.push('changed by the taker');
      expect(subject.store.readState(id)?.state).toEqual({ blocks: ['a'] });
    });
  });
}
