import { detailsOf, SnapEvoError } from '../../errors/snapevo-error.js';

/** Reads an input; its name is for whoever tells of one that can't be read. */
export type ReadInput = <T>(name: string, read: () => T | Promise<T>) => Promise<T>;

/** Keys of a configuration that name models, by the names of the inputs. */
const keys: Readonly<Record<string, string>> = {
  pipeline: 'pipeline',
  evolved: 'evolved',
  scorer: 'evaluation.scorer',
};

/** Reads what a configuration names; of a model that can't be used, the error says first which key named it. */
export const readNamed: ReadInput = async (name, read) => {
  try {
    return await read();
  } catch (error) {
    const key = keys[name];
    if (!(error instanceof SnapEvoError) || key === undefined) throw error;
    throw new SnapEvoError({ ...detailsOf(error), message: `${key}: ${error.message}`, cause: error });
  }
};
