import { describe, expect, it } from 'vitest';
import { fixedDependencies, newRun, START_MS } from '../store-fixtures.js';
import { codeOf, startRun, type StoreSubject } from '../store-subject.js';

/** What `Store` promises of runs. */
export function describeRuns(subject: StoreSubject): void {
  describe('runs', () => {
    it('creates a run that nobody works on, with a readable id', () => {
      const run = subject.store.createRun(newRun);
      const times = { createdAtMs: START_MS, updatedAtMs: START_MS };
      expect(run).toEqual({
        ...newRun,
        id: '20261123-0425-emoji-3f2a',
        status: 'interrupted',
        statusNote: '',
        ...times,
      });
      expect(subject.store.readRun(run.id)).toEqual(run);
    });

    it('begins a part of a run, which knows of it', () => {
      const whole = startRun(subject.store);
      const tell = (partId: string) => ({ event: 'begun', state: { part: partId } });
      const part = subject.store.createPart(newRun, whole, tell);
      expect(subject.store.readRun(part.id)).toMatchObject({ ...newRun, status: 'interrupted' });
      expect(subject.store.readState(whole)?.state).toEqual({ part: part.id });
    });

    it('begins no part of a run that does not get to know of it', () => {
      const whole = startRun(subject.store);
      const impossible = () => ({ event: 'begun', state: { part: NaN } });
      expect(codeOf(() => subject.store.createPart(newRun, whole, impossible))).toBe('STORE_VALUE_INVALID');
      const notHeld = subject.store.createRun(newRun).id;
      const tell = () => ({ event: 'begun', state: 1 });
      expect(codeOf(() => subject.store.createPart(newRun, notHeld, tell))).toBe('STORE_RUN_NOT_LOCKED');
      expect(subject.store.listRuns().map(({ id }) => id)).toEqual([notHeld, whole]);
      expect(subject.store.readEvents(whole)).toEqual([]);
    });

    it('draws again when an id is taken', () => {
      const suffixes = [7, 7, 7, 8];
      const repeating = subject.open({ nowMs: () => START_MS, drawSuffix: () => suffixes.shift() ?? 0 });
      const ids = [repeating.createRun(newRun).id, repeating.createRun(newRun).id];
      expect(ids).toEqual(['20261123-0425-emoji-0007', '20261123-0425-emoji-0008']);
      repeating.close();
    });

    it('says so when no id is free', () => {
      const stuck = subject.open({ nowMs: () => START_MS, drawSuffix: () => 7 });
      stuck.createRun(newRun);
      expect(codeOf(() => stuck.createRun(newRun))).toBe('STORE_RUN_ID_EXHAUSTED');
      stuck.close();
    });

    it('lists the newest first, by kind and by status', () => {
      const first = startRun(subject.store);
      const second = subject.store.createRun({ ...newRun, kind: 'pretrain' }).id;
      const third = subject.store.createRun(newRun).id;
      const idsOf = (runs: readonly { id: string }[]): string[] => runs.map(({ id }) => id);
      expect(idsOf(subject.store.listRuns())).toEqual([third, second, first]);
      expect(idsOf(subject.store.listRuns({ kind: 'search' }))).toEqual([third, first]);
      expect(idsOf(subject.store.listRuns({ status: 'running' }))).toEqual([first]);
      expect(idsOf(subject.store.listRuns({ kind: 'search', status: 'interrupted' }))).toEqual([third]);
    });

    it('lists the one created last first when times are equal', () => {
      const still = subject.open({ nowMs: () => START_MS, drawSuffix: fixedDependencies().drawSuffix });
      const ids = [still.createRun(newRun).id, still.createRun(newRun).id];
      expect(still.listRuns().map(({ id }) => id)).toEqual(ids.reverse());
      still.close();
    });

    it('lists the one created last first, and changes none before it was created, when the clock goes back', () => {
      let nowMs = START_MS;
      const { drawSuffix } = fixedDependencies();
      const back = subject.open({ nowMs: () => (nowMs -= 3_600_000), drawSuffix });
      const ids = [back.createRun(newRun).id, back.createRun(newRun).id];
      for (const id of ids) back.lockRun(id);
      back.appendEvent(ids[0] ?? '', { event: 1, state: 1 });
      for (const id of ids) back.endRun(id, 'interrupted');
      const runs = back.listRuns();
      expect(runs.map(({ id }) => id)).toEqual(ids.toReversed());
      for (const { createdAtMs, updatedAtMs } of runs) expect(updatedAtMs).toBe(createdAtMs);
      back.close();
    });

    it('says what its results are of from some time on', () => {
      const id = startRun(subject.store);
      const origin = { snapevoVersion: '9.0.0', deviceFingerprint: 'another', inputs: { pipeline: 'b' } };
      subject.store.setOrigin(id, origin);
      expect(subject.store.readRun(id)).toMatchObject({ ...newRun, ...origin, id, status: 'running' });
      expect(subject.store.readRun(id).inputs).toEqual({ pipeline: 'b' });
    });

    it('finds nothing wrong with what was stored', () => {
      startRun(subject.store);
      expect(subject.store.check()).toEqual([]);
    });

    it('refuses unknown runs in every method', () => {
      const methods: ((id: string) => unknown)[] = [
        (id) => subject.store.readRun(id),
        (id) => subject.store.lockRun(id),
        (id) => subject.store.setOrigin(id, newRun),
        (id) => subject.store.endRun(id, 'finished'),
        (id) => subject.store.appendEvent(id, { event: 1, state: 1 }),
        (id) => subject.store.readState(id),
        (id) => subject.store.readEvents(id),
        (id) => subject.store.readRounds(id),
        (id) => subject.store.readCandidates(id),
        (id) => subject.store.readArchitectures(id),
        (id) => subject.store.readActions(id),
        (id) => subject.store.readLosses(id),
        (id) => subject.store.readCheckpoints(id),
        (id) => subject.store.readMetrics(id),
      ];
      const codes = methods.map((method) => codeOf(() => method('nobody')));
      expect(codes).toEqual(methods.map(() => 'STORE_RUN_UNKNOWN'));
    });
  });
}
