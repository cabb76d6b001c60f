/** An axis of a parameter that a set's channels lie along: 0 where a layer gives them, 1 where it reads them. */
export interface ChannelAxis {
  readonly parameter: string;
  readonly axis: 0 | 1;
}

/**
 * Channels that can only go together with all that hold them: those of a residual stream, which every block adds to and reads, or those between two layers
 * of one block. A parameter of two axes belongs to two sets, or to one where the network's own inputs or outputs are on its other side.
 */
export interface ChannelSet {
  readonly name: string;
  readonly channels: number;
  /** Group normalisation's groups, which are runs of as many channels each; 1 where none normalises them. */
  readonly groups: number;
  readonly axes: readonly ChannelAxis[];
}

/** How much each channel of a set matters; only their order does. */
export type ChannelImportance = (set: ChannelSet) => Float64Array;

/** What pruning goes by. */
export interface ChannelStudy {
  readonly importance: ChannelImportance;
  /** Mean of each channel that a layer reads, by the name of its weight. */
  readonly means: ReadonlyMap<string, Float64Array>;
}

/** A {@link ChannelSet} while its axes are being found. */
export interface OpenSet extends ChannelSet {
  readonly axes: ChannelAxis[];
}

/** Finds which parameters of a network's layers belong to which of its channel sets. */
export class ChannelSets {
  readonly #sets: OpenSet[] = [];

  /** Those there are, in the order they were opened. */
  get all(): readonly ChannelSet[] {
    return this.#sets;
  }

  open(name: string, channels: number, groups: number): OpenSet {
    const set = { name, channels, groups, axes: [] };
    this.#sets.push(set);
    return set;
  }

  /** A convolution or linear layer with its bias; undefined on a side that the network's own inputs or outputs are on. */
  layer(name: string, from: OpenSet | undefined, to: OpenSet | undefined): void {
    from?.axes.push({ parameter: `${name}.weight`, axis: 1 });
    to?.axes.push({ parameter: `${name}.weight`, axis: 0 }, { parameter: `${name}.bias`, axis: 0 });
  }

  norm(name: string, of: OpenSet): void {
    of.axes.push({ parameter: `${name}.weight`, axis: 0 }, { parameter: `${name}.bias`, axis: 0 });
  }
}
