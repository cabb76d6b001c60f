import { pictureBytes, type Picture } from '../../evaluation/picture.js';
import { renderContactSheet } from '../../report/contact-sheet.js';
import { modelLabel, requireComparable, type ComparedModel } from './compared-model.js';
import type { ComparisonHooks, ComparisonParts } from './comparison-parts.js';
import { withModel } from './open-model.js';

/** Of a picture on the sheet, about. */
const SHOWN_PX = 128;

/**
 * Makes a contact sheet: a row a prompt, each of its pictures from the same noise, a column a model.
 * @param prompts at least one
 * @returns a PNG
 * @throws TypeError as `requireComparable` does; the signal's reason, between steps; what making pictures throws
 */
export async function comparisonSheet(
  parts: ComparisonParts,
  models: readonly ComparedModel[],
  prompts: readonly string[],
  hooks: ComparisonHooks,
): Promise<Uint8Array> {
  requireComparable(models);
  const columns: (readonly Picture[])[] = [];
  for (const model of models) columns.push(await makeColumn(parts, model, prompts, hooks));
  const { width: widthPx = 1, height: heightPx = 1 } = columns[0]?.[0] ?? {};
  const images = prompts.flatMap((caption, row) =>
    columns.flatMap((column) => {
      const picture = column[row];
      return picture === undefined ? [] : [{ pixels: pictureBytes(picture), caption }];
    }),
  );
  return renderContactSheet(images, {
    ...{ widthPx, heightPx, columns: models.length, headings: models.map(modelLabel) },
    scale: Math.max(1, Math.round(SHOWN_PX / widthPx)),
  });
}

function makeColumn(
  parts: ComparisonParts,
  model: ComparedModel,
  prompts: readonly string[],
  { signal, onTask, onSubstitute }: ComparisonHooks,
): Promise<readonly Picture[]> {
  const { evaluation, seed } = parts.config;
  const { guidanceScale } = evaluation;
  const settings = { guidanceScale, batch: Math.min(evaluation.batch, prompts.length) };
  const requests = prompts.map((caption, index) => ({ caption, noise: { seed, index } }));
  return withModel(parts, model, settings, { onSubstitute }, (pipeline) =>
    pipeline.generate(model.unet, requests, {
      signal,
      onStep: (done, total) => {
        onTask(`pictures of ${modelLabel(model)}`, done, total);
      },
    }),
  );
}
