import type { PipelineFigures } from '../../evaluation/evaluate-pipeline.js';
import type { Retrieval } from '../../evaluation/retrieval.js';
import { formatClip } from '../../report/number-format.js';
import type { Styles } from '../terminal/styles.js';
import { formatPairs } from '../terminal/table.js';
import { formatEstimate } from './figures.js';

/** The figures of a model for a person. */
export function formatFigures(model: string, figures: PipelineFigures, styles: Styles): string {
  const { clipScore, clipScoreOfRealPictures, retrieval, vaePsnrDb } = figures;
  const pairs = formatPairs(
    [
      ['CLIP score', formatEstimate(clipScore, formatClip)],
      ['CLIP score of real pictures, held out', formatEstimate(clipScoreOfRealPictures, formatClip)],
      ['caption found, generated pictures', formatRetrieval(retrieval.generated)],
      ['caption found, real pictures held out', formatRetrieval(retrieval.heldOut)],
      ['caption found, real pictures trained on', formatRetrieval(retrieval.train)],
      ['VAE, PSNR in dB of pictures held out', formatEstimate(vaePsnrDb, (value) => value.toFixed(2))],
    ],
    '  ',
  );
  return `${styles.bold(model)}\n${pairs}`;
}

function formatRetrieval({ recallAt1, recallAt5, among }: Retrieval): string {
  return `first ${percent(recallAt1)}, in the first five ${percent(recallAt5)}, among ${among}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}
