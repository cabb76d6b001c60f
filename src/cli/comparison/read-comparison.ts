import { z } from 'zod';
import { checkShape } from '../../files/check-shape.js';
import { parseJson } from '../../files/parse-json.js';
import { MAX_CONFIG_BYTES, readText } from '../../files/read-text.js';
import type { Comparison } from './compare-models.js';

const estimate = z.object({ value: z.number(), low: z.number(), high: z.number() });
const timing = z.object({ ms: estimate, warnings: z.array(z.string()) });
const part = timing.extend({ runs: z.number(), parameters: z.number() });
const parts = { textEncoder: part, unet: part, decoder: part };

const schema: z.ZodType<Pick<Comparison, 'costs' | 'points'>> = z.object({
  costs: z.array(
    z.object({
      model: z.string(),
      ...parts,
      int8Blocks: z.number().exactOptional(),
      sumMs: estimate,
      picture: timing,
    }),
  ),
  points: z.array(
    z.object({
      model: z.string(),
      guidanceScale: z.number(),
      clipScore: estimate,
      clipChange: estimate.nullable(),
      cmmd: z.number(),
    }),
  ),
});

/** What was measured of a comparison, as a `comparison.json` has it; undefined where there is none that can be read. */
export function readComparison(path: string): Pick<Comparison, 'costs' | 'points'> | undefined {
  try {
    return checkShape(schema, parseJson(readText(path, MAX_CONFIG_BYTES))).data;
  } catch {
    return undefined;
  }
}
