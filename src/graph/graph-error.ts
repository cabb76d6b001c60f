import { SnapEvoError } from '../errors/snapevo-error.js';

/** A graph that can't be built: operands that don't fit, a value used before it is made. */
export class GraphError extends SnapEvoError {
  constructor(message: string, where?: string) {
    super({ code: 'GRAPH_INVALID', message, fault: 'internal', ...(where === undefined ? {} : { where }) });
  }
}
