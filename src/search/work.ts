import { applyAction, applyActions } from '../architecture/architecture.js';
import type { Architecture } from '../architecture/architecture.js';
import { hashArchitecture } from '../architecture/canonical-form.js';
import type { Work } from './effect.js';
import type { CaptionRange } from './caption-range.js';
import type {
  MeasureArchitectureRequest,
  MeasureBlocksRequest,
  ScoreRequest,
  TrainRequest,
} from './ports.js';
import { partsOf } from './proposal.js';
import type { FineTuning, PhaseStates, SearchState, Training, Weighing } from './state.js';
import { stopAfterAction } from './stop.js';

const OPEN_WORK: { readonly [P in SearchState['phase']]: (state: PhaseStates[P]) => readonly Work[] } = {
  'measuring-original': ({ original }) => [measureWork(original)],
  'measuring-blocks': (state) => [measureBlocksWork(state)],
  'scoring-original': (state) => [scoreWork(state, state.original)],
  training: (state) => [robustTrainingWork(state, state.current.architecture)],
  'scoring-current': (state) => [scoreWork(state, state.current.architecture)],
  'scoring-candidates': (state) =>
    state.candidates
      .filter(({ scores, captionTarget }) => scores.length < captionTarget)
      .map(({ action, architectureHash, scores, captionTarget }) =>
        scoreWork(
          state,
          applyAction(state.current.architecture, action),
          { from: scores.length, to: captionTarget },
          architectureHash,
        ),
      ),
  'scoring-proposal': (state) => [
    scoreWork(state, proposedArchitecture(state), { from: 0, to: proposalCaptions(state) }),
  ],
  'measuring-proposal': (state) => [measureWork(proposedArchitecture(state))],
  'fine-tuning': (state) => [fineTuningWork(state)],
  'scoring-final': (state) => [scoreWork(state, state.chosen.architecture)],
  'measuring-final': ({ chosen }) => [measureWork(chosen.architecture, { anew: true })],
  done: () => [],
};

/**
 * The units of work that the state waits for: none when the search is over, several where their order does not
 * matter. Follows from the state alone, which is what lets a killed search go on.
 */
export function openWork(state: SearchState): readonly Work[] {
  return workOf(state.phase, state);
}

function workOf<P extends SearchState['phase']>(phase: P, state: PhaseStates[P]): readonly Work[] {
  return OPEN_WORK[phase](state);
}

/** The training that follows what is being scored now, unless the score speaks against it; undefined where none is likely to follow. */
export function likelyTraining(state: SearchState): TrainRequest | undefined {
  if (state.phase !== 'scoring-proposal') return undefined;
  if (stopAfterAction(state.round, state.options) !== null) return undefined;
  return robustTrainingWork({ ...state, stepsDone: 0 }, proposedArchitecture(state));
}

/** What the proposal that is being weighed would make of the current architecture. */
export function proposedArchitecture({ current, proposals }: Weighing): Architecture {
  return applyActions(current.architecture, proposals[0]?.actions ?? []);
}

/** As many captions as all of the proposal's parts were scored by, each alone. */
function proposalCaptions({ proposals, ranking }: Weighing): number {
  return Math.min(...partsOf(ranking, proposals[0]).map(({ scores }) => scores.length));
}

/** A unit of work in words, e.g. for a progress line or an error. */
export function describeWork(work: Work): string {
  switch (work.type) {
    case 'train':
      return `${work.mode} training, steps ${work.fromStep} to ${work.fromStep + work.steps}`;
    case 'score':
      return `scoring architecture ${work.architectureHash.slice(0, 12)}`;
    case 'measure-architecture':
      return `measuring architecture ${work.architectureHash.slice(0, 12)}`;
    case 'measure-blocks':
      return 'measuring the latency table';
  }
}

function measureWork(
  architecture: Architecture,
  { anew = false }: { readonly anew?: boolean } = {},
): MeasureArchitectureRequest {
  return {
    type: 'measure-architecture',
    architecture,
    architectureHash: hashArchitecture(architecture),
    anew,
  };
}

/** What int8 saves is asked for where blocks may be put on it, and where the original has some that are. */
function measureBlocksWork({ original, options }: SearchState): MeasureBlocksRequest {
  const isNeeded = options.quantize === true || original.blocks.some(({ precision }) => precision === 'int8');
  return { type: 'measure-blocks', architecture: original, ...(isNeeded ? { quantize: true } : {}) };
}

function scoreWork(
  { weights, options }: SearchState,
  architecture: Architecture,
  captions: CaptionRange = { from: 0, to: options.captionCount },
  architectureHash = hashArchitecture(architecture),
): ScoreRequest {
  return { type: 'score', architecture, architectureHash, weights, captions };
}

function robustTrainingWork(state: UnitStart, architecture: Architecture): TrainRequest {
  return { ...trainingUnit(state, state.options.trainStepsPerRound), mode: 'robust', architecture };
}

function fineTuningWork(state: FineTuning): TrainRequest {
  const architecture = state.chosen.architecture;
  return { ...trainingUnit(state, state.options.finetuneSteps), mode: 'fine-tune', architecture };
}

/** What a unit of training goes on from. */
type UnitStart = Pick<Training | FineTuning, 'options' | 'weights' | 'trainedSteps' | 'stepsDone'>;

function trainingUnit(
  { options, weights, trainedSteps, stepsDone }: UnitStart,
  planned: number,
): Omit<TrainRequest, 'mode' | 'architecture'> {
  return {
    type: 'train',
    weights,
    seed: options.seed,
    fromStep: trainedSteps,
    steps: Math.min(options.trainStepsPerUnit, planned - stepsDone),
    stretch: { fromStep: trainedSteps - stepsDone, steps: planned },
  };
}
