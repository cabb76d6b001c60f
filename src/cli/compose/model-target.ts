import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { searchConfigSchema } from '../../config/search-config.js';
import type { UNetChoice } from '../../evaluation/text-to-image-pipeline.js';
import type { LoadWeights } from '../../evaluation/unet-sessions.js';
import { loadPipeline, type Pipeline, type PipelineOptions } from '../../model/pipeline-folder.js';
import type { RunRecord, RunStatus } from '../../store/run-record.js';
import type { Store } from '../../store/store.js';
import type { CliContext } from '../cli-context.js';
import { begunBy } from '../optimize-run/begun-by.js';
import { stageFolder } from '../optimize-run/optimization.js';
import { findOptimizationState } from '../optimize-run/optimization-state.js';
import { readSearchState } from '../search-run/read-search-state.js';
import { noRun, selectRun, type Wanted } from '../select-run.js';
import { movedConfig } from './moved-config.js';
import { withNewestUNet } from './newest-unet.js';
import { PRETRAINED } from './open-pipeline.js';
import { readStore } from './open-store.js';
import { runCommand } from './run-command.js';
import { storedPipelineHash } from './stored-inputs.js';
import { describeTaken } from './tell-taken.js';
import { searchCheckpoints, trainedWeights } from './trained-weights.js';
import { weightCache } from './weight-cache.js';
import { WorldChangedError } from './world-changed-error.js';
import { changedInputs } from './world-changes.js';

/** Which model somebody means. */
export interface TargetChoice {
  /** A folder, or as `selectRun` takes it; when undefined, the newest run with a model: a search, or an optimization that is finished. */
  readonly given: string | undefined;
  readonly resultsFolder: string;
  /** Of the weights; of a search, its own unless told otherwise. */
  readonly variant?: string | undefined;
}

/** Runs that a model comes of: of a search at any time, of an optimization once it is finished. */
const WITH_MODEL: Wanted = {
  kinds: ['search', 'optimize'],
  prefers: ({ kind, status }) => kind === 'search' || status === 'finished',
};

/** A model to work with: a pipeline, and which UNet it runs. */
export interface ModelTarget {
  /** The folder or the run's id. */
  readonly name: string;
  readonly pipelineFolder: string;
  readonly models: Pipeline;
  readonly unet: UNetChoice;
  readonly loadTrained?: LoadWeights;
  /** How the search stood that it is taken from; undefined of a folder. */
  readonly runStatus?: RunStatus;
}

/**
 * Works with the pipeline of a folder as it is; or of a search, with its final or newest UNet, again if need be (`withNewestUNet`); or what an optimization came to; and
 * says which where it isn't plain.
 * @throws what reading the pipeline and the weights and the work throws; SnapEvoError `MODEL_UNKNOWN`, `RUN_WORLD_CHANGED`, `RUN_INPUT_UNREADABLE`, and as `selectRun` does
 */
export async function withTarget<T>(
  { given, resultsFolder, variant }: TargetChoice,
  { currentFolder, nowMs, terminal }: Pick<CliContext, 'currentFolder' | 'nowMs' | 'terminal'>,
  work: (target: ModelTarget) => Promise<T>,
): Promise<T> {
  const folder = resolve(currentFolder, given ?? '');
  if (given !== undefined && existsSync(join(folder, 'model_index.json'))) {
    return work(folderTarget(given, folder, { cache: weightCache(resultsFolder), variant }));
  }
  const read = <R>(from: (store: Store) => R): R =>
    readStore(resultsFolder, nowMs, from, () => {
      throw given === undefined ? noRun(WITH_MODEL, resultsFolder) : unknownTarget(given, folder);
    });
  const select = (store: Store): RunRecord => {
    const run = selectRun(store, given, WITH_MODEL, (name) => unknownTarget(name, folder));
    const whole = given === undefined ? begunBy(store, run) : undefined;
    return whole?.status === 'finished' ? whole : run;
  };
  return withRunTarget(read, select, { given, resultsFolder, variant }, { currentFolder, terminal }, work);
}

function unknownTarget(given: string, folder: string): SnapEvoError {
  if (/\.(?:ckpt|safetensors|pt|pth|bin)$/.test(given) && existsSync(folder)) return singleFile(folder);
  const isFolder = existsSync(folder) && statSync(folder).isDirectory();
  const found = isFolder ? 'a folder without a model_index.json' : 'neither';
  return new SnapEvoError({
    code: 'MODEL_UNKNOWN',
    message: `expected the folder of a pipeline, or the id of a search or an optimization, found ${JSON.stringify(given)}, which is ${found}`,
    where: folder,
    hint: 'Name a folder in the diffusers layout; `snapevo list` shows the runs.',
  });
}

/** A checkpoint in one file, as Stable Diffusion's own code writes it. */
function singleFile(path: string): SnapEvoError {
  const script =
    'import sys; from diffusers import StableDiffusionPipeline as P; P.from_single_file(sys.argv[1]).save_pretrained(sys.argv[2])';
  return new SnapEvoError({
    code: 'MODEL_SINGLE_FILE',
    message: 'expected the folder of a pipeline, found a checkpoint in one file',
    where: path,
    hint: `If you trust where it comes from, convert it: python -c '${script}' '${path.replaceAll("'", "'\\''")}' FOLDER`,
  });
}

function folderTarget(name: string, pipelineFolder: string, options: PipelineOptions): ModelTarget {
  const models = loadPipeline(pipelineFolder, options);
  return { name, pipelineFolder, models, unet: originalUNet(models) };
}

/** The store is open for each look alone, so that the newest is seen. */
async function withRunTarget<T>(
  read: <R>(from: (store: Store) => R) => R,
  select: (store: Store) => RunRecord,
  { given, resultsFolder, variant: asked }: TargetChoice,
  { currentFolder, terminal }: Pick<CliContext, 'currentFolder' | 'terminal'>,
  work: (target: ModelTarget) => Promise<T>,
): Promise<T> {
  const run = read(select);
  if (run.kind === 'optimize') {
    const command = runCommand('resume', run.id, resultsFolder, currentFolder);
    if (run.status !== 'finished') throw unfinished(run, read(searchOf(run)), command);
    if (given === undefined) terminal.note(`Taking the newest optimization that is finished, ${run.id}.`);
    return work(optimizedTarget(run, resultsFolder));
  }
  const config = movedConfig(searchConfigSchema, run, resultsFolder, terminal);
  const found = { pipeline: await storedPipelineHash(run, config) };
  const changes = changedInputs(run, found, { pipeline: config.pipeline });
  if (changes.length > 0)
    throw new WorldChangedError(run, changes, 'What it found is a part of its pipeline.');
  const options = { cache: weightCache(resultsFolder), variant: asked ?? config.variant ?? undefined };
  const target = { ...folderTarget(run.id, config.pipeline, options), runStatus: run.status };
  const checkpoints = searchCheckpoints(resultsFolder, run.id);
  const search = {
    readState: () => read((store) => readSearchState(store, run.id)),
    load: trainedWeights(checkpoints),
    has: (reference: string) => checkpoints.has(reference),
  };
  return withNewestUNet(search, (newest) => {
    const taken = describeTaken(run, given !== undefined, newest);
    if (taken !== undefined) terminal.note(taken);
    if (newest === undefined) return work(target);
    const { parameters: weights, round: _, ...unet } = newest;
    return work({ ...target, unet, loadTrained: () => Promise.resolve({ weights }) });
  });
}

/** The pipeline that a finished optimization came to. */
function optimizedTarget(run: RunRecord, resultsFolder: string): ModelTarget {
  const folder = stageFolder({ run, config: { results: resultsFolder } }, 'model');
  return { ...folderTarget(run.id, folder, { cache: weightCache(resultsFolder) }), runStatus: run.status };
}

/** Id of the search that an optimization began; null of one without. */
function searchOf({ id }: RunRecord): (store: Store) => string | null {
  return (store) => findOptimizationState(store, id)?.search ?? null;
}

/** @param command that goes on with it */
function unfinished({ id, status }: RunRecord, search: string | null, command: string): SnapEvoError {
  const meanwhile = search === null ? '' : `; meanwhile its search can be named, ${search}`;
  return new SnapEvoError({
    code: 'RUN_UNFIT',
    message: `expected an optimization that is finished, found one that is ${status}`,
    where: id,
    hint:
      status === 'running'
        ? `Let it come to its end${meanwhile}.`
        : `\`${command}\` goes on with it${meanwhile}.`,
  });
}

function originalUNet({ architecture }: Pipeline): UNetChoice {
  return { architecture, weights: PRETRAINED };
}
