/**
 * Folders of an optimization's run: pipelines with what a stage made of the UNet, a VAE with what another made of the decoder, and in the end a pipeline with all of it. The
 * state says which of them are done.
 */
export type StageFolder = 'evolved' | 'vae' | 'distilled' | 'model';

/** Kind of the record of a file that is part of one. */
export const MODEL_FILE = 'model-file';

/** What the name of a folder begins with that holds a scheduler until it is in its pipeline's. */
export const SCHEDULER = 'scheduler-';

/** `replaceFolder` and `mkdtemp` name theirs so. */
const UNFINISHED = new RegExp(`^(?:\\w+\\.\\d+\\.unfinished(?:\\.former)?|${SCHEDULER}\\w{6})$`);

/** Whether a folder of an optimization's run, by its name, is of a try that ended before its folder was whole. */
export const isUnfinished = (name: string): boolean => UNFINISHED.test(name);
