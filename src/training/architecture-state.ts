import type { Architecture } from '../architecture/architecture.js';
import type { ParameterSpec } from '../model/parameters.js';
import { renamedWeights } from '../model/renamed-weights.js';
import { namesInWeights } from '../model/source-names.js';
import type { UNetConfig } from '../model/unet-config.js';
import { unetParameters } from '../model/unet.js';
import { incompleteState } from './incomplete-state.js';
import type { TrainingState } from './training-session.js';

/** Parameters of all blocks of an architecture, those that are skipped too. */
export function everyParameter(unet: UNetConfig, architecture: Architecture): ParameterSpec[] {
  const blocks = architecture.blocks.map((block) => ({ ...block, present: true }));
  return unetParameters(unet, { ...architecture, blocks });
}

/**
 * What a training of an architecture starts from: of the state held, what belongs to the architecture; a copy that has no
 * weights yet gets those of its source, with their moments. Nothing is kept of a copy that was dropped, so that the next
 * of that name starts from its source. A view: what is held in a file stays there until it is asked for.
 * @param specs all parameters of the architecture, as {@link everyParameter} gives them
 * @throws SnapEvoError `TRAINING_STATE_INCOMPLETE` when a parameter has neither weights nor a source that has
 */
export function stateOfArchitecture(
  held: TrainingState,
  architecture: Architecture,
  specs: readonly ParameterSpec[],
): TrainingState {
  const { parameter, moment1, moment2 } = held;
  const has = (name: string): boolean => [parameter, moment1, moment2].every((kind) => kind.has(name));
  const find = namesInWeights({ has }, architecture);
  const names = specs.map(({ name }) => {
    const known = find(name);
    if (known === undefined) throw incompleteState(name);
    return [name, known] as const;
  });
  return {
    parameter: renamedWeights(parameter, names),
    moment1: renamedWeights(moment1, names),
    moment2: renamedWeights(moment2, names),
    average: new Map(),
  };
}
