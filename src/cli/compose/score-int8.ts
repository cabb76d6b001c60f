import { hashArchitecture } from '../../architecture/canonical-form.js';
import type { Split } from '../../data/emoji-dataset.js';
import { ClipScorer, hashScorer, type ScoreCache } from '../../evaluation/clip-scorer.js';
import { scoreInt8Blocks, type Int8Loss } from '../../evaluation/score-int8-blocks.js';
import type { Device } from '../../runtime/device.js';
import { bootstrapMean } from '../../search/bootstrap.js';
import { hashModelFolder } from './hash-folder.js';
import type { ModelTarget } from './model-target.js';
import { openClip, openPipeline } from './open-pipeline.js';
import { scoringCaptions } from './scoring-captions.js';
import { withDevice } from './with-device.js';

/** What blocks on int8 are scored with. */
export interface Int8Scoring {
  /** Folder of a CLIP model. */
  readonly scorer: string;
  /** Captions; null for those of the emoji set. */
  readonly captions: string | null;
  readonly split: Split;
  readonly count: number;
  readonly steps: number;
  readonly guidance: number;
  /** Pictures made at a time. */
  readonly pictureBatch: number;
  readonly variant: string | null;
}

/**
 * Scores a model's UNet with each block in turn on weights of int8.
 * @param results where copies of weights go that need one
 * @throws what opening the models and scoring throws
 */
export async function scoreInt8(
  device: Device,
  target: ModelTarget,
  scoring: Int8Scoring,
  { cache, results, onBlock }: { cache: ScoreCache; results: string; onBlock: (loss: Int8Loss) => void },
): Promise<readonly Int8Loss[]> {
  const { scorer: folder, count, steps, guidance, pictureBatch: batch, variant } = scoring;
  const captions = scoringCaptions(scoring, count);
  const settings = { steps, guidanceScale: guidance, batch };
  const pipelineHash = await hashModelFolder(target.pipelineFolder);
  const scorerHash = hashScorer({
    pipeline: variant === null ? pipelineHash : `${pipelineHash} ${variant}`,
    clip: await hashModelFolder(folder),
    captions,
    settings,
  });
  return withDevice(device, async (host) => {
    const pipeline = await openPipeline(host, target.models, settings, { loadTrained: target.loadTrained });
    const clip = await openClip(host, folder, batch, results);
    const scorer = new ClipScorer({ pipeline, clip, cache, captions, seed: 0, scorerHash });
    const { architecture, weights } = target.unet;
    return scoreInt8Blocks(
      scorer,
      {
        type: 'score',
        architecture,
        architectureHash: hashArchitecture(architecture),
        weights,
        captions: { from: 0, to: captions.length },
      },
      (values) => bootstrapMean(values, { seed: 0, round: 0 }),
      onBlock,
    );
  });
}
