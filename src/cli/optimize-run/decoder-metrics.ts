import type { DecoderReport } from '../../compression/compress-decoder.js';
import type { DecoderFigures } from '../../compression/decoder-figures.js';
import { estimateIn, estimateMetrics, type Metrics } from '../compose/estimate-metrics.js';

/** What a run keeps of a decoder's figures. */
type StoredFigures = Omit<DecoderFigures, 'warnings'>;

/** What a run keeps of a compressed decoder beside its original. */
export interface StoredDecoderReport extends Omit<DecoderReport, 'original' | 'small'> {
  readonly original: StoredFigures;
  readonly small: StoredFigures;
}

/** As metrics of a run: `decoder.small.parameters`, the bounds of intervals beside them as everywhere. */
export function decoderMetrics({ original, small, latencyRatio, psnrDb }: StoredDecoderReport): Metrics {
  const { pruned, distilled, fromScratch } = psnrDb;
  return {
    ...figureMetrics('decoder.original', original),
    ...figureMetrics('decoder.small', small),
    ...estimateMetrics('decoder.latencyRatio', latencyRatio),
    ...estimateMetrics('decoder.psnrDb.pruned', pruned),
    ...estimateMetrics('decoder.psnrDb.distilled', distilled),
    ...(fromScratch === null ? {} : estimateMetrics('decoder.psnrDb.fromScratch', fromScratch)),
  };
}

/** The report among a run's metrics, as {@link decoderMetrics} wrote it; undefined where something of it is missing. */
export function decoderIn(metrics: Metrics): StoredDecoderReport | undefined {
  const [original, small] = [figuresIn(metrics, 'decoder.original'), figuresIn(metrics, 'decoder.small')];
  const latencyRatio = estimateIn(metrics, 'decoder.latencyRatio');
  const pruned = estimateIn(metrics, 'decoder.psnrDb.pruned');
  const distilled = estimateIn(metrics, 'decoder.psnrDb.distilled');
  const fromScratch = estimateIn(metrics, 'decoder.psnrDb.fromScratch') ?? null;
  if (!original || !small || !latencyRatio || !pruned || !distilled) return undefined;
  return { original, small, latencyRatio, psnrDb: { pruned, distilled, fromScratch } };
}

function figureMetrics(name: string, { parameters, macs, latencyMs }: StoredFigures): Metrics {
  return {
    [`${name}.parameters`]: parameters,
    [`${name}.macs`]: macs,
    ...estimateMetrics(`${name}.latencyMs`, latencyMs),
  };
}

function figuresIn(metrics: Metrics, name: string): StoredFigures | undefined {
  const { [`${name}.parameters`]: parameters, [`${name}.macs`]: macs } = metrics;
  const latencyMs = estimateIn(metrics, `${name}.latencyMs`);
  if (parameters === undefined || macs === undefined || latencyMs === undefined) return undefined;
  return { parameters, macs, latencyMs };
}
