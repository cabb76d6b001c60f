import type { Node } from './graph.js';

/** The block a node belongs to: what stands before the bar in its name. */
export const nodeScope = ({ name }: Pick<Node, 'name'>): string => name.slice(0, name.lastIndexOf('|'));
