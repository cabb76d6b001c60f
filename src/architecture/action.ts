/** One step of the evolution: skip a block, bring a skipped one back, copy one beside itself, or put one on weights of int8. */
export interface Action {
  readonly type: 'remove' | 'restore' | 'copy' | 'quantize';
  /** Id of the block acted on; of a copy, the block that is copied. */
  readonly block: string;
}

/** Whether the action makes the network faster, at the expense of its pictures. */
export function isReduction({ type }: Action): boolean {
  return type === 'remove' || type === 'quantize';
}

/** Actions carried out together, in order, and scored and measured as a whole. */
export type ActionGroup = readonly Action[];

/** The group in words, e.g. `remove down_blocks.0.attentions.1 and restore mid_block.resnets.1`. */
export function describeAction(action: Action | ActionGroup): string {
  const group = 'type' in action ? [action] : action;
  if (group.length === 0) return 'no change';
  return group.map(({ type, block }) => `${type} ${block}`).join(' and ');
}
