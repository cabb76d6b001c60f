import type { ChannelSet } from './channel-set.js';

/** How many of a width's channels are left without a share of them: as many whole ones of every normalisation group. */
export function narrowedWidth(channels: number, normGroups: number, ratio: number): number {
  return normGroups * Math.round((channels / normGroups) * (1 - ratio));
}

/**
 * The most important channels of each of the set's groups, as many of every group, in their order; of equals the first.
 * @param count of the channels that are kept, a multiple of the set's groups
 */
export function keptChannels(
  { channels, groups }: Pick<ChannelSet, 'channels' | 'groups'>,
  importance: Float64Array,
  count: number,
): number[] {
  const perGroup = channels / groups;
  return Array.from({ length: groups }, (_, group) =>
    Array.from({ length: perGroup }, (__, i) => group * perGroup + i)
      .toSorted((a, b) => (importance[b] ?? 0) - (importance[a] ?? 0) || a - b)
      .slice(0, count / groups)
      .toSorted((a, b) => a - b),
  ).flat();
}
