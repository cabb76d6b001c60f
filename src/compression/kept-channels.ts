import type { ChannelSet } from './channel-set.js';

/**
 * The most important channels of each normalisation group, as many of every group, in their order; of equals the first.
 * @param share of a group's channels that is kept
 */
export function keptChannels(
  { channels, groups }: Pick<ChannelSet, 'channels' | 'groups'>,
  importance: Float64Array,
  share: number,
): number[] {
  const perGroup = channels / groups;
  const kept = Math.round(perGroup * share);
  return Array.from({ length: groups }, (_, group) =>
    Array.from({ length: perGroup }, (__, i) => group * perGroup + i)
      .toSorted((a, b) => (importance[b] ?? 0) - (importance[a] ?? 0) || a - b)
      .slice(0, kept)
      .toSorted((a, b) => a - b),
  ).flat();
}
