import type { SearchConfig } from '../../config/search-config.js';
import { ClipScorer, hashScorer } from '../../evaluation/clip-scorer.js';
import type { LoadWeights } from '../../evaluation/unet-sessions.js';
import type { Pipeline } from '../../model/pipeline-folder.js';
import type { DeviceHost } from '../../runtime/device-host.js';
import type { Scorer } from '../../search/ports.js';
import type { Store } from '../../store/store.js';
import type { SearchDisplay } from '../search-run/search-display.js';
import { openClip, openPipeline } from './open-pipeline.js';
import { searchCaptions } from './scoring-captions.js';

/** What the search's scorer works with. */
export interface SearchScorerParts {
  readonly host: DeviceHost;
  readonly models: Pipeline;
  /** Of the models' folder and the scorer's. */
  readonly hashes: { readonly pipeline: string; readonly scorer: string };
  readonly loadTrained: LoadWeights;
  readonly config: Pick<SearchConfig, 'evaluation' | 'results' | 'search' | 'seed' | 'variant'>;
  readonly store: Store;
  readonly display: SearchDisplay;
  /** See `openPipeline`. */
  readonly onSubstitute: (message: string) => void;
}

/** The search's scorer, on a device. */
export interface OpenScorer {
  readonly scorer: Scorer;
  /** Frees the UNets, for as long as nothing is scored. */
  readonly makeRoom: () => Promise<void>;
  /** Frees what is loaded for scoring; nothing can be scored afterwards. */
  readonly release: () => Promise<void>;
}

/** Opens the search's scorer: the pipeline with the CLIP model, on the configured captions. */
export async function openSearchScorer(parts: SearchScorerParts): Promise<OpenScorer> {
  const { host, models, config, store, display, loadTrained, onSubstitute } = parts;
  const { scorer, steps, guidanceScale, batch } = config.evaluation;
  const sampler = config.evaluation.sampler ?? undefined;
  const settings = { steps, guidanceScale, batch };
  const captions = searchCaptions(config.evaluation, config.search.captionCount);
  const pipeline = await openPipeline(host, models, settings, { loadTrained, sampler, onSubstitute });
  const clip = await openClip(host, scorer, batch, config.results);
  const clipScorer = new ClipScorer({
    pipeline,
    clip,
    cache: store,
    captions,
    seed: config.seed,
    scorerHash: hashScorer({
      pipeline:
        config.variant === null ? parts.hashes.pipeline : `${parts.hashes.pipeline} ${config.variant}`,
      clip: parts.hashes.scorer,
      captions,
      settings,
      sampler,
    }),
    onScored: (done, request) => {
      display.onScored(done, request);
    },
  });
  const release = async (): Promise<void> => {
    await Promise.all([pipeline.release(), clip.release()]);
  };
  return { scorer: clipScorer, makeRoom: () => pipeline.releaseUNets(), release };
}
