import type { LatencyScope } from '../../config/search-config.js';
import { describeLatencySummary, summarizeLatencyTable } from '../../latency/latency-summary.js';
import type { LatencyEntry } from '../../latency/latency-records.js';
import type { LatencyTable } from '../../latency/latency-table.js';
import { formatClip } from '../../report/number-format.js';
import type {
  ActionRow,
  ArchitectureRow,
  CandidateRow,
  RoundRow,
  SearchRows,
} from '../../search/search-rows.js';
import type { Terminal } from '../terminal/terminal.js';
import { latencyUnit } from '../views/latency-scope.js';
import { formatEstimate, formatFigure, formatMeasured, shortHash, UNKNOWN } from '../views/figures.js';

export interface NarratorOptions {
  readonly asJson: boolean;
  /** What the search's latencies are of. */
  readonly scope: LatencyScope;
}

/** Tells whoever watches what was decided, and on what: in words, or as lines of JSON that each name the run. */
export class SearchNarrator {
  readonly #terminal: Terminal;
  readonly #runId: string;
  readonly #asJson: boolean;
  readonly #scope: LatencyScope;

  constructor(terminal: Terminal, runId: string, { asJson, scope }: NarratorOptions) {
    this.#terminal = terminal;
    this.#runId = runId;
    this.#asJson = asJson;
    this.#scope = scope;
  }

  tellRows({ architectures = [], rounds = [], candidates = [], actions = [] }: SearchRows): void {
    const unit = latencyUnit[this.#scope];
    this.#tell('architecture', architectures, (row) => describeArchitecture(row, unit));
    this.#tell('round', rounds, (row) => describeRound(row, unit));
    this.#tell('candidate', candidates, () => []);
    if (!this.#asJson) this.#note(describeRanking(candidates));
    this.#tell('action', actions, (action) => [describeAction(action)]);
  }

  /** The latency table that the search goes by. */
  tellTable(table: LatencyTable): void {
    const summary = summarizeLatencyTable(table);
    this.#tell('latency-table', [{ method: table.method, ...summary }], () =>
      describeLatencySummary(summary, this.#scope).map((line) => `latency table: ${line}`),
    );
  }

  /** A whole network was measured, or was found to have been. */
  tellNetwork(architectureHash: string, { medianMs, flags }: LatencyEntry): void {
    const row = { architectureHash, latencyMs: medianMs, warnings: flags };
    const name = `network ${shortHash(architectureHash)}`;
    const note = `${name}: ${formatMeasured(medianMs)} ${latencyUnit[this.#scope]}, measured with warnings: ${flags.join(', ')}`;
    this.#tell('measurement', [row], () => (flags.length === 0 ? [] : [note]));
  }

  /** The text encoder, the decoder or a whole picture was measured, or the former were found to have been. */
  tellImagePart({ subject, medianMs, flags }: LatencyEntry): void {
    const row = { subject, latencyMs: medianMs, warnings: flags };
    const name = subject.replace(/[0-9a-f]{16,}/, shortHash);
    const note = `${name}: ${formatMeasured(medianMs)} ms, measured with warnings: ${flags.join(', ')}`;
    this.#tell('image-measurement', [row], () => (flags.length === 0 ? [] : [note]));
  }

  /** The scorer's pictures are made by another sampler than the pipeline's own. */
  tellSubstitute(message: string): void {
    this.#note([message]);
  }

  #tell<Row extends object>(
    type: string,
    rows: readonly Row[],
    describe: (row: Row) => readonly string[],
  ): void {
    for (const row of rows) {
      if (this.#asJson) this.#terminal.printJson({ type, run: this.#runId, scope: this.#scope, ...row });
      else this.#note(describe(row));
    }
  }

  #note(lines: readonly string[]): void {
    for (const line of lines) this.#terminal.note(line);
  }
}

function describeArchitecture(
  { role, measuredLatencyMs, clipScore }: ArchitectureRow,
  unit: string,
): readonly string[] {
  if (role === 'current' || role === 'candidate' || clipScore === null) return [];
  const latency = formatMeasured(measuredLatencyMs);
  return [`${role}: ${latency} ${unit}, CLIP ${formatEstimate(clipScore, formatClip)}`];
}

function describeRound(
  { round, latencyMs, clipScore, budgetMs, budgetMet }: RoundRow,
  unit: string,
): readonly string[] {
  if (clipScore === null) return [];
  const budget = `budget of ${formatFigure(budgetMs)} ms ${budgetMet ? 'met' : 'not met'}`;
  const latency = formatMeasured(latencyMs);
  return [`round ${round}: ${latency} ${unit}, CLIP ${formatEstimate(clipScore, formatClip)}, ${budget}`];
}

/** How many of a ranking are told at once; `show` has the rest. */
const told = 3;

function describeRanking(candidates: readonly CandidateRow[]): readonly string[] {
  const ranked = candidates
    .filter(({ rank, actionKind }) => rank !== null && (actionKind === 'remove' || actionKind === 'quantize'))
    .sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
  const [first] = ranked;
  if (first === undefined) return [];
  const removals = ranked.filter(({ actionKind }) => actionKind === 'remove').length;
  const counted =
    removals === ranked.length
      ? countOf(removals, 'block')
      : `${countOf(removals, 'removal')} and ${countOf(ranked.length - removals, 'block')} to put on int8`;
  const worth = ({ actionKind, block, deltaClip, deltaLatencyMs }: CandidateRow): string =>
    `${block}${actionKind === 'quantize' ? ' on int8' : ''} (dCLIP ${deltaClip === null ? UNKNOWN : deltaClip.value.toFixed(4)}, ${formatFigure(deltaLatencyMs.value)} ms)`;
  return [
    `round ${first.round}: of ${counted}, those of least worth for their time: ${ranked.slice(0, told).map(worth).join(', ')}`,
  ];
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function describeAction({ round, kind, blocks, reason }: ActionRow): string {
  return `round ${round}: ${[kind, blocks.join(', ')].join(' ').trim()}: ${reason}`;
}
