/** Writes ONNX models with SnapEvo for check_models.py: `npx tsx test/golden/onnx/write-models.ts FOLDER`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { ActivationMode } from '../../../src/autodiff/gradient-rule.js';
import type { Graph } from '../../../src/graph/graph.js';
import { serializeModel } from '../../../src/onnx/serialize-model.js';
import { buildTrainingGraph } from '../../../src/training/training-graph.js';
import { everyOperation, weightsOutside, writeWeights } from '../../onnx/sample-graphs.js';
import { goldenSpec, original } from '../../training/golden-training.js';

const [, , folder] = process.argv;
if (folder === undefined) throw new Error('name the folder to write into');

const write = (name: string, graph: Graph): void => {
  writeFileSync(join(folder, `${name}.onnx`), serializeModel(graph));
};

write('every-operation', everyOperation());
writeWeights(folder);
write('weights-outside', weightsOutside(folder));
const trainings: Record<string, { gates?: () => object; activations?: ActivationMode }> = {
  'training-whole': {},
  'training-gated-save': { gates: () => ({}), activations: 'save' },
  'training-gated-recompute': { gates: () => ({}), activations: 'recompute' },
};
for (const [name, gating] of Object.entries(trainings)) {
  const run = { architecture: original, stepsPerRun: 2, ...gating } as Parameters<typeof goldenSpec>[0];
  write(name, buildTrainingGraph(goldenSpec(run)).graph);
}
