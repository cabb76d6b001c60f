/** What programs use SnapEvo by. Everything else is internal and may change. */

export { SnapEvoError, type ErrorDetails, type Fault } from './errors/snapevo-error.js';

export { ConfigError, type ConfigProblem } from './config/config-error.js';
export { loadConfig } from './config/load-config.js';
export { pretrainConfigSchema, type PretrainConfig } from './config/pretrain-config.js';
export { searchConfigSchema, type SearchConfig } from './config/search-config.js';

export { describeAction, type Action, type ActionGroup } from './architecture/action.js';
export {
  applyActions,
  originalArchitecture,
  presentBlocks,
  removedBlocks,
  type Architecture,
  type PlacedBlock,
} from './architecture/architecture.js';
export type { Block, BlockKind } from './architecture/block.js';
export { canonicalForm, hashArchitecture, parseArchitecture } from './architecture/canonical-form.js';

export type {
  LatencyMeter,
  Scorer,
  ScoreRequest,
  ScoreResult,
  SearchJournal,
  SearchPorts,
  Trainer,
  TrainRequest,
  TrainResult,
} from './search/ports.js';
export type { Estimate } from './statistics/estimate.js';
export type { SearchEvent } from './search/event.js';
export {
  runSearch,
  type RunSearchOptions,
  type SearchOutcome,
  type SearchProgress,
} from './search/run-search.js';
export type { Budget, SearchOptions } from './search/search-options.js';
export { initialState, type SearchState } from './search/state.js';
export { step, type Transition } from './search/step.js';

export { MemoryStore } from './store/memory-store.js';
export { SqliteStore } from './store/sqlite-store.js';
export type { Store } from './store/store.js';
export type { RunRecord } from './store/run-record.js';

export { loadPipeline, writePipeline, type Pipeline } from './model/pipeline-folder.js';
export { unetArchitecture } from './model/unet-architecture.js';

export { createSampler } from './diffusion/create-sampler.js';
export { distilledSchedulerFile } from './diffusion/distilled-scheduler.js';
export { parseSchedulerConfig, type SchedulerConfig } from './diffusion/scheduler-config.js';

export { loadTokenizer, type Tokenizer } from './data/tokenizer.js';

export { parseDevice, type Device } from './runtime/device.js';
export { DeviceHost } from './runtime/device-host.js';

export { ClipModel } from './evaluation/clip-model.js';
export { ClipScorer } from './evaluation/clip-scorer.js';
export { pictureBytes, type Picture } from './evaluation/picture.js';
export {
  TextToImagePipeline,
  type GenerationSettings,
  type PictureRequest,
} from './evaluation/text-to-image-pipeline.js';

export { DeviceLatencyMeter } from './latency/latency-meter.js';

export { distillSteps, type DistillationParts } from './training/distillation/distill-steps.js';
export type { DistillationPlan } from './training/distillation/distillation-plan.js';
export { EvolvingTrainer, type EvolvingTraining } from './training/evolving-trainer.js';
export { pretrain } from './training/pretrain.js';
export type { PretrainPlan } from './training/pretrain-plan.js';
export { TrainingCheckpoints } from './training/training-checkpoint.js';

export {
  compressDecoder,
  type CompressedDecoder,
  type DecoderParts,
  type DecoderReport,
} from './compression/compress-decoder.js';
export type { DecoderPlan } from './compression/decoder-plan.js';

export { frontierSeries, type FrontierSeries } from './report/frontier-series.js';
export { renderContactSheet } from './report/contact-sheet.js';
export { renderFrontier } from './report/render-frontier.js';
