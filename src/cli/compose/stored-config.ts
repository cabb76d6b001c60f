import type { z } from 'zod';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import type { RunRecord } from '../../store/run-record.js';

/**
 * The resolved config that a run was started with.
 * @throws SnapEvoError `RUN_CONFIG_UNREADABLE` when another version wrote it, with other keys
 */
export function storedConfig<Schema extends z.ZodType>(schema: Schema, run: RunRecord): z.output<Schema> {
  const parsed = schema.safeParse(run.config);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SnapEvoError({
    code: 'RUN_CONFIG_UNREADABLE',
    message: `expected the config of a run that this version can go on with; ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
    where: run.id,
    hint: `Go on with SnapEvo ${run.snapevoVersion}, which started it, or start a new run.`,
  });
}
