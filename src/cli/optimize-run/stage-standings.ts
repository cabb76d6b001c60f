import { z } from 'zod';
import { optimizationStages, type OptimizationStage } from '../../config/optimize-config.js';
import type { RunRecord } from '../../store/run-record.js';
import type { StoredEvent } from '../../store/search-records.js';
import type { OptimizationEvent } from './optimization-state.js';
import { stagesOf } from './stages-of.js';

/** How far an optimization is with a stage. */
export interface StageStanding {
  readonly stage: OptimizationStage;
  readonly state: 'done' | 'running' | 'interrupted' | 'failed' | 'to do';
  /** Milliseconds since the Unix epoch; null before. */
  readonly begunAtMs: number | null;
  readonly doneAtMs: number | null;
  /** How often it was begun: once, and once more after each interruption or lost worker; the time between begun and done has those in it. */
  readonly tries: number;
}

const outline = z.object({
  stages: z.array(z.enum(optimizationStages)),
  evolved: z.string().nullable(),
});

/** What happened to a stage. */
interface StageEvents {
  readonly begun: readonly number[];
  readonly doneAtMs: number | undefined;
}

/** The stages that an optimization goes through, in their order; all there are where its configuration can't be read. */
export function stageStandings(
  { config, status, createdAtMs }: Pick<RunRecord, 'config' | 'status' | 'createdAtMs'>,
  events: readonly StoredEvent[],
): readonly StageStanding[] {
  const stages = stagesOf(
    outline.safeParse(config).data ?? { stages: [...optimizationStages], evolved: null },
  );
  const standings: StageStanding[] = [];
  for (const stage of stages) {
    const { begun, doneAtMs } = eventsOf(stage, events);
    const before = standings.at(-1);
    const isNext = doneAtMs === undefined && (before === undefined || before.state === 'done');
    const state = doneAtMs === undefined ? standsAs(isNext, begun.length > 0, status) : 'done';
    // one that says nothing of its beginning began as the one before was done
    const earliest = state === 'to do' ? null : (before?.doneAtMs ?? createdAtMs);
    standings.push({
      ...{ stage, state, begunAtMs: begun[0] ?? earliest },
      ...{ doneAtMs: doneAtMs ?? null, tries: begun.length },
    });
  }
  return standings;
}

function standsAs(isNext: boolean, isBegun: boolean, status: RunRecord['status']): StageStanding['state'] {
  if (!isNext || status === 'finished') return 'to do';
  return isBegun || status !== 'interrupted' ? status : 'to do';
}

function eventsOf(stage: OptimizationStage, events: readonly StoredEvent[]): StageEvents {
  const ofStage = events.filter(({ event }) => {
    const { stage: named } = event as { readonly stage?: OptimizationStage };
    return named === stage;
  });
  const timesOf = (type: OptimizationEvent['type']): readonly number[] =>
    ofStage.filter(({ event }) => (event as OptimizationEvent).type === type).map(({ atMs }) => atMs);
  return { begun: timesOf('stage-begun'), doneAtMs: timesOf('stage-done').at(-1) };
}
