import type { PipelineFigures, ScorerFigures } from '../../evaluation/evaluate-pipeline.js';
import type { Retrieval } from '../../evaluation/retrieval.js';
import { formatClip } from '../../report/number-format.js';
import type { Styles } from '../terminal/styles.js';
import { formatPairs } from '../terminal/table.js';
import { formatEstimate } from './figures.js';

/** The figures of a model for a person. */
export function formatFigures(
  model: string,
  { scorers, vaePsnrDb }: PipelineFigures,
  styles: Styles,
): string {
  const vae = formatPairs(
    [['VAE, PSNR in dB of pictures held out', formatEstimate(vaePsnrDb, (value) => value.toFixed(2))]],
    '  ',
  );
  return [styles.bold(model), ...scorers.map((each) => formatScorer(each)), vae].join('\n');
}

function formatScorer({
  scorer,
  clipScore,
  clipScoreOfRealPictures,
  cmmd,
  retrieval,
}: ScorerFigures): string {
  const pairs: (readonly [string, string])[] = [
    ['CLIP score', formatEstimate(clipScore, formatClip)],
    ['CLIP score of real pictures, held out', formatEstimate(clipScoreOfRealPictures, formatClip)],
    ['CMMD, distance from real pictures', cmmd.toFixed(3)],
    ['caption found, generated pictures', formatRetrieval(retrieval.generated)],
    ['caption found, real pictures held out', formatRetrieval(retrieval.heldOut)],
    ...(retrieval.train === null
      ? []
      : [['caption found, real pictures trained on', formatRetrieval(retrieval.train)] as const]),
  ];
  return `by ${scorer}\n${formatPairs(pairs, '  ')}`;
}

function formatRetrieval({ recallAt1, recallAt5, among }: Retrieval): string {
  return `first ${percent(recallAt1)}, in the first five ${percent(recallAt5)}, among ${among}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}
