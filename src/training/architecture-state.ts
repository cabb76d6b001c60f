import type { Architecture } from '../architecture/architecture.js';
import type { ParameterSpec } from '../model/parameters.js';
import { sourceNames } from '../model/source-names.js';
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
 * of that name starts from its source.
 * @param specs all parameters of the architecture, as {@link everyParameter} gives them
 * @throws SnapEvoError `TRAINING_STATE_INCOMPLETE` when a parameter has neither weights nor a source that has
 */
export function stateOfArchitecture(
  held: TrainingState,
  architecture: Architecture,
  specs: readonly ParameterSpec[],
): TrainingState {
  const none = (): Map<string, Float32Array> => new Map<string, Float32Array>();
  const state = { parameter: none(), moment1: none(), moment2: none(), average: none() };
  const inSource = sourceNames(architecture);
  for (const { name } of specs) {
    // a source stands before its copies, so it is known by then
    const source = inSource(name) ?? name;
    for (const kind of ['parameter', 'moment1', 'moment2'] as const) {
      const own = held[kind].get(name) ?? state[kind].get(source);
      if (own === undefined) throw incompleteState(name);
      state[kind].set(name, own);
    }
  }
  return state;
}
