import { SnapEvoError } from '../errors/snapevo-error.js';

/** A state that lacks one of the tensors to be trained. */
export function incompleteState(name: string): SnapEvoError {
  return new SnapEvoError({
    code: 'TRAINING_STATE_INCOMPLETE',
    message: 'expected a tensor to go on training from, found none',
    where: name,
    hint: 'the state belongs to another architecture or configuration; start from weights of this one',
  });
}
