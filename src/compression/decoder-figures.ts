import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { countMacs } from '../graph/count-macs.js';
import { externalFolder } from '../graph/external-folder.js';
import { GraphBuilder } from '../graph/graph-builder.js';
import type { Shape } from '../graph/value.js';
import type { Clock } from '../latency/clock.js';
import { decoderGraph } from '../latency/image-parts.js';
import type { LatencyWarning } from '../latency/latency-warning.js';
import { sessionStopwatch, withSessions } from '../latency/measured-session.js';
import type { ProtocolSettings } from '../latency/measuring-protocol.js';
import { measurePaired } from '../latency/paired-protocol.js';
import { parameterCount } from '../model/parameter-count.js';
import { Parameters } from '../model/parameters.js';
import type { VaeConfig } from '../model/vae-config.js';
import { buildVaeDecoder, vaeDecoderParameters } from '../model/vae.js';
import type { DeviceHost } from '../runtime/device-host.js';
import type { Estimate } from '../statistics/estimate.js';
import type { VaeModel } from './prune-decoder.js';

/** How large a decoder is and how long it takes for one picture. */
export interface DecoderFigures {
  /** With `post_quant_conv`; the condition encoder of an asymmetric VAE, which never runs here, is not counted. */
  readonly parameters: number;
  /** Multiply-accumulates of one picture. */
  readonly macs: number;
  readonly latencyMs: Estimate;
  readonly warnings: readonly LatencyWarning[];
}

/** Two decoders measured side by side. */
export interface DecoderComparison {
  readonly original: DecoderFigures;
  readonly small: DecoderFigures;
  /** The small one's time over the original's, by rounds of one run each. */
  readonly latencyRatio: Estimate;
}

/** What measuring needs. */
export interface DecoderMeasuring {
  readonly host: DeviceHost;
  readonly settings: ProtocolSettings;
  readonly clock: Clock;
  readonly random: RandomGenerator;
  readonly signal: AbortSignal;
}

/**
 * Compares two decoders of one latent space.
 * @param latentShape of one picture, [channels, height, width]
 * @throws as `measurePaired` does; SnapEvoError `SESSION_FAILED`; the signal's reason, between two runs
 */
export async function compareDecoders(
  original: VaeModel,
  small: VaeModel,
  latentShape: Shape,
  { host, settings, clock, random, signal }: DecoderMeasuring,
): Promise<DecoderComparison> {
  const graphs = [small, original].map((vae) => decoderGraph(vae, [1, ...latentShape]));
  const settingsOf = (index: number): { readonly folder?: string } =>
    graphs[index] === undefined ? {} : externalFolder(graphs[index].graph);
  const stopwatch: typeof sessionStopwatch = {
    time: async (session) => {
      signal.throwIfAborted();
      return sessionStopwatch.time(session);
    },
  };
  const { subject, reference, ratio } = await withSessions(host, graphs, settingsOf, ([one, other]) => {
    if (one === undefined || other === undefined) throw new TypeError('expected two sessions');
    return measurePaired(one, other, stopwatch, settings, { clock, random });
  });
  const figures = ({ config }: VaeModel, { medianMs, warnings }: typeof subject): DecoderFigures => ({
    parameters: parameterCount(vaeDecoderParameters(config)),
    macs: decoderMacs(config, latentShape),
    latencyMs: medianMs,
    warnings,
  });
  return {
    original: figures(original, reference),
    small: figures(small, subject),
    latencyRatio: ratio,
  };
}

/** Multiply-accumulates of decoding one picture of latents [channels, height, width]. */
export function decoderMacs(config: VaeConfig, latentShape: Shape): number {
  const g = new GraphBuilder();
  const unread = new Parameters((at, { name, shape }) => at.input(name, { dtype: 'float32', shape }));
  const latents = g.input('latents', { dtype: 'float32', shape: [1, ...latentShape] });
  return countMacs(g.build('decoder', [buildVaeDecoder(g, config, unread, latents)]));
}
