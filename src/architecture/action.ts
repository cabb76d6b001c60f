/** One step of the evolution: skip a block, bring a skipped one back, or copy one beside itself. */
export interface Action {
  readonly type: 'remove' | 'restore' | 'copy';
  /** Id of the block acted on; of a copy, the block that is copied. */
  readonly block: string;
}

/** Actions carried out together, in order, and scored and measured as a whole. */
export type ActionGroup = readonly Action[];

/** The group in words, e.g. `remove down_blocks.0.attentions.1 and restore mid_block.resnets.1`. */
export function describeAction(action: Action | ActionGroup): string {
  const group = 'type' in action ? [action] : action;
  if (group.length === 0) return 'no change';
  return group.map(({ type, block }) => `${type} ${block}`).join(' and ');
}
