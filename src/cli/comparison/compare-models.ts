import type { GuidancePoint } from '../../report/guidance-series.js';
import { searchCaptions } from '../compose/scoring-captions.js';
import type { ComparedModel } from './compared-model.js';
import type { ComparisonHooks, ComparisonParts } from './comparison-parts.js';
import { comparisonSheet } from './comparison-sheet.js';
import { measureCosts } from './measure-costs.js';
import { measurePoints } from './measure-points.js';
import type { ModelCosts } from './model-costs.js';

/** Finished models held against each other, in the order given. */
export interface Comparison {
  readonly costs: readonly ModelCosts[];
  /** By guidance scale, then model. */
  readonly points: readonly GuidancePoint[];
  /** A PNG: a row a prompt, a column a model; null where none is asked for. */
  readonly sheet: Uint8Array | null;
}

/**
 * Compares finished models: what a picture costs, part by part and as a whole; CLIP score and CMMD over the guidance scale; and pictures side by side. Each
 * measurement and each point is stored as soon as it is done: what was interrupted goes on there. The sheet comes last and is drawn each time.
 * @param models the first is what the others are held against; their UNets are changes to its own
 * @throws TypeError for models that don't compare; the signal's reason when aborted; what measuring, making and scoring pictures throws
 */
export async function compareModels(
  parts: ComparisonParts,
  models: readonly ComparedModel[],
  hooks: ComparisonHooks,
): Promise<Comparison> {
  const { comparison, evaluation } = parts.config;
  const prompts = searchCaptions(evaluation, comparison.captionCount);
  const shown = prompts.slice(0, comparison.sheetPrompts);
  const told = { ...hooks, onSubstitute: onceEach(hooks.onSubstitute) };
  const costs = await measureCosts(parts, models, told);
  const points = await measurePoints(parts, models, prompts, told);
  const sheet = shown.length === 0 ? null : await comparisonSheet(parts, models, shown, told);
  return { costs, points, sheet };
}

/** A model is opened for each of its points, and would say the same each time. */
function onceEach(tell: (message: string) => void): (message: string) => void {
  const told = new Set<string>();
  return (message) => {
    if (!told.has(message)) tell(message);
    told.add(message);
  };
}
