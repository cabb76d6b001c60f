import { join } from 'node:path';
import { loadPipeline, type Pipeline } from '../../model/pipeline-folder.js';
import type { ComparedModel } from '../comparison/compared-model.js';
import { comparisonFiles } from '../comparison/comparison-files.js';
import { compareModels } from '../comparison/compare-models.js';
import { tasksOn, type ComparisonHooks } from '../comparison/comparison-parts.js';
import { configuredDevice } from '../compose/describe-device.js';
import { PRETRAINED, readScheduler } from '../compose/open-pipeline.js';
import { withDevice } from '../compose/with-device.js';
import { formatComparisonReport } from '../views/comparison-view.js';
import { reportComparison } from '../views/comparison-report.js';
import { writeOutput } from '../write-output.js';
import { assembleModel } from './assemble-model.js';
import { comparisonFolder, originalPipeline, stageFolder, type Optimization } from './optimization.js';

/**
 * Holds what the stages made against the pipeline as it was, and writes the figures, the plot and the pictures. Gives that it came to its end.
 * @throws the signal's reason; as `compareModels` does
 */
export async function compareStage(optimization: Optimization): Promise<boolean> {
  const { store, run, config, context, asJson } = optimization;
  const { terminal } = context;
  await assembleModel(optimization);
  const models = comparedModels(optimization);
  const compared = await withDevice(configuredDevice(config.device), (host) =>
    compareModels({ host, config, store, runId: run.id }, models, hooksOf(optimization)),
  );
  terminal.progress.stop();
  const notes = [`run ${run.id}`, run.deviceFingerprint];
  const { captionCount } = config.comparison;
  for (const [name, content] of comparisonFiles(compared, { notes, captionCount })) {
    writeOutput(join(comparisonFolder(optimization), name), content);
  }
  const report = reportComparison(compared);
  if (asJson) terminal.printJson({ type: 'comparison', run: run.id, ...report });
  else terminal.print(formatComparisonReport(report, terminal.styles));
  return true;
}

/** The original at its steps and, where fewer are taken in the end, at as few; and what came of it. */
function comparedModels(optimization: Optimization): readonly ComparedModel[] {
  const { config } = optimization;
  const { originalSteps } = config.comparison;
  const model = loadPipeline(stageFolder(optimization, 'model'));
  const { distilledSteps } = readScheduler(model.schedulerFolder);
  const steps = distilledSteps ?? originalSteps;
  const original = {
    ...asCompared('original', originalPipeline(optimization)),
    sampler: config.evaluation.sampler ?? undefined,
  };
  const optimized = {
    ...asCompared('optimized', model),
    sampler: distilledSteps === undefined ? original.sampler : undefined,
  };
  return [
    { ...original, steps: originalSteps },
    ...(steps === originalSteps ? [] : [{ ...original, steps }]),
    { ...optimized, steps },
  ];
}

const asCompared = (name: string, models: Pipeline): Omit<ComparedModel, 'steps'> => ({
  name,
  models,
  unet: { architecture: models.architecture, weights: PRETRAINED },
});

function hooksOf({ context: { terminal, signal } }: Optimization): ComparisonHooks {
  return {
    signal,
    onTask: tasksOn(terminal.progress),
    onMeasured: () => undefined,
    onPoint: () => undefined,
    onSubstitute: (message) => {
      terminal.note(message);
    },
  };
}
