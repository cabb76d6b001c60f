import { join } from 'node:path';

/** Where in a results folder large models that are stored as something else than float32 have their float32 copies. */
export const weightCache = (resultsFolder: string): string => join(resultsFolder, 'float32-weights');
