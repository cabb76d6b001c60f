import { z } from 'zod';

const schema = z.object({ _snapevo: z.object({ steps: z.int().min(1).max(100_000) }) });

/** How many sampling steps a parsed `scheduler_config.json` says that its UNet was distilled to; undefined where it says nothing of the kind. */
export function readDistilledSteps(file: object): number | undefined {
  return schema.safeParse(file).data?._snapevo.steps;
}
