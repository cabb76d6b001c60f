import { hashArchitecture } from '../../architecture/canonical-form.js';
import { groupBy } from '../../data/group-by.js';
import { aloneSubject, inNetworkSubject } from '../../latency/block-subject.js';
import { costlyConfigurations } from '../../latency/measure-blocks-alone.js';
import type { LatencyEntry, LatencyTableKey } from '../../latency/latency-records.js';
import { unetArchitecture } from '../../model/unet-architecture.js';
import { blockSites, type BlockSite } from '../../model/unet-layout.js';
import type { UNetConfig } from '../../model/unet-config.js';
import { createLiveText, type LiveText } from '../terminal/live-text.js';
import type { Terminal } from '../terminal/terminal.js';
import { formatTable, type Column } from '../terminal/table.js';
import { formatMeasured } from './figures.js';

interface LiveRow {
  readonly site: BlockSite;
  inside: LatencyEntry | undefined;
  alone: LatencyEntry | undefined;
}

const COLUMNS: readonly Column<LiveRow>[] = [
  { heading: 'block', cell: ({ site }) => site.id },
  { heading: 'kernels inside ms', cell: ({ inside }) => figure(inside), align: 'right' },
  { heading: 'alone ms', cell: ({ alone }) => figure(alone), align: 'right' },
];

/** A latency table that fills while it is measured; a count of what is done where nobody watches. */
export class LatencyProgress {
  readonly #terminal: Terminal;
  readonly #live: LiveText | undefined;
  readonly #rows: readonly LiveRow[];
  readonly #alone: ReadonlyMap<string, readonly LiveRow[]>;
  readonly #inside: ReadonlyMap<string, LiveRow>;
  #done = 0;

  /** @param networks that the table is calibrated with */
  constructor(
    terminal: Terminal,
    config: UNetConfig,
    key: LatencyTableKey,
    { device, networks }: { readonly device: string; readonly networks: number },
  ) {
    this.#terminal = terminal;
    this.#live = terminal.screen === undefined ? undefined : createLiveText(terminal.screen);
    const original = hashArchitecture(unetArchitecture(config));
    this.#rows = blockSites(config).map((site) => ({ site, inside: undefined, alone: undefined }));
    this.#alone = groupBy(this.#rows, ({ site }) => aloneSubject(config, { site, present: true }, key));
    this.#inside = new Map(this.#rows.map((row) => [inNetworkSubject(row.site.id, original), row]));
    if (this.#live === undefined) {
      terminal.progress.start(`measuring on ${device}, timings`, entryCount(config, key) + networks);
    }
  }

  /** A timing was stored. */
  add(entry: LatencyEntry): void {
    this.#done += 1;
    for (const row of this.#alone.get(entry.subject) ?? []) row.alone = entry;
    const inside = this.#inside.get(entry.subject);
    if (inside !== undefined) inside.inside = entry;
    if (this.#live === undefined) this.#terminal.progress.update(this.#done);
    else this.#live.show(formatTable(COLUMNS, this.#inView(this.#live.rows)));
  }

  stop(): void {
    this.#live?.clear();
    this.#terminal.progress.stop();
  }

  /** As many rows as fit under the heading, the last one measured among them. */
  #inView(height: number): readonly LiveRow[] {
    const last = this.#rows.findLastIndex(({ alone }) => alone !== undefined);
    const end = Math.max(last + 2, height - 2);
    return this.#rows.slice(Math.max(0, end - (height - 2)), end);
  }
}

/** Entries of a whole table: of blocks alone, an empty run and the reference beside them, of blocks inside two networks and their wholes, of the original. */
export function entryCount(config: UNetConfig, key: LatencyTableKey): number {
  const configurations = costlyConfigurations(config);
  const alone = new Set(configurations.map((each) => aloneSubject(config, each, key)));
  return alone.size + 2 + configurations.length + 2 + 1;
}

const figure = (entry: LatencyEntry | undefined): string =>
  entry === undefined ? '' : formatMeasured(entry.medianMs);
