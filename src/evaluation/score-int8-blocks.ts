import { presentBlocks, quantizeBlock, type Architecture } from '../architecture/architecture.js';
import { hashArchitecture } from '../architecture/canonical-form.js';
import type { Scorer, ScoreRequest } from '../search/ports.js';
import type { Estimate } from '../statistics/estimate.js';

/** What a block's weights of int8 cost in CLIP score. */
export interface Int8Loss {
  readonly block: string;
  /** The score in full precision less that with this block alone on int8; positive where int8 hurts. */
  readonly clipLoss: Estimate;
}

/**
 * Scores an architecture with each of its blocks in turn on weights of int8, paired by caption with the scores of the architecture itself.
 * @param request of the architecture in full precision, on captions that are scored all
 * @param estimateMean an interval of the mean of paired differences
 * @param onBlock told of each block as soon as it is scored
 * @returns in the order the blocks run
 * @throws what the scorer throws
 */
export async function scoreInt8Blocks(
  scorer: Pick<Scorer, 'score'>,
  request: ScoreRequest,
  estimateMean: (values: readonly number[]) => Estimate,
  onBlock?: (loss: Int8Loss) => void,
): Promise<readonly Int8Loss[]> {
  const scoresOf = async (architecture: Architecture): Promise<readonly number[]> => {
    const architectureHash = hashArchitecture(architecture);
    return (await scorer.score({ ...request, architecture, architectureHash })).scores;
  };
  const own = await scoresOf(request.architecture);
  const losses: Int8Loss[] = [];
  for (const { id, precision } of presentBlocks(request.architecture)) {
    if (precision !== undefined) continue;
    const scores = await scoresOf(quantizeBlock(request.architecture, id));
    const clipLoss = estimateMean(own.map((score, index) => score - (scores[index] ?? Number.NaN)));
    const loss = { block: id, clipLoss };
    losses.push(loss);
    onBlock?.(loss);
  }
  return losses;
}
