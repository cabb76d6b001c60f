import { formatClip } from '../../report/number-format.js';
import type {
  ActionRow,
  ArchitectureRow,
  CandidateRow,
  RoundRow,
  SearchRows,
} from '../../search/search-rows.js';
import type { Terminal } from '../terminal/terminal.js';
import { formatEstimate, formatFigure, formatMeasured, UNKNOWN } from '../views/figures.js';

/** Tells whoever watches what was decided: in words, or as a line of JSON a row. */
export function tellRows(rows: SearchRows, terminal: Terminal, asJson: boolean): void {
  if (asJson) printRows(rows, terminal);
  else for (const line of describeRows(rows)) terminal.note(line);
}

/** What a reader wants to hear of as it happens. */
function describeRows({
  architectures = [],
  rounds = [],
  candidates = [],
  actions = [],
}: SearchRows): readonly string[] {
  return [
    ...architectures.filter(({ role }) => role !== 'candidate').flatMap(describeArchitecture),
    ...rounds.flatMap(describeRound),
    ...describeRanking(candidates),
    ...actions.map(describeAction),
  ];
}

function printRows(rows: SearchRows, terminal: Terminal): void {
  for (const architecture of rows.architectures ?? [])
    terminal.printJson({ type: 'architecture', ...architecture });
  for (const round of rows.rounds ?? []) terminal.printJson({ type: 'round', ...round });
  for (const candidate of rows.candidates ?? []) terminal.printJson({ type: 'candidate', ...candidate });
  for (const action of rows.actions ?? []) terminal.printJson({ type: 'action', ...action });
}

function describeArchitecture({ role, measuredLatencyMs, clipScore }: ArchitectureRow): readonly string[] {
  if (role === 'current' || clipScore === null) return [];
  const latency = formatMeasured(measuredLatencyMs);
  return [`${role}: ${latency} ms, CLIP ${formatEstimate(clipScore, formatClip)}`];
}

function describeRound({ round, latencyMs, clipScore, budgetMs, budgetMet }: RoundRow): readonly string[] {
  if (clipScore === null) return [];
  const budget = `budget of ${formatFigure(budgetMs)} ms ${budgetMet ? 'met' : 'not met'}`;
  const latency = formatMeasured(latencyMs);
  return [`round ${round}: ${latency} ms, CLIP ${formatEstimate(clipScore, formatClip)}, ${budget}`];
}

/** How many of a ranking are told at once; `show` has the rest. */
const told = 3;

function describeRanking(candidates: readonly CandidateRow[]): readonly string[] {
  const ranked = candidates
    .filter(({ rank, actionKind }) => rank !== null && actionKind === 'remove')
    .sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
  const [first] = ranked;
  if (first === undefined) return [];
  const worth = ({ block, deltaClip, deltaLatencyMs }: CandidateRow): string =>
    `${block} (dCLIP ${deltaClip === null ? UNKNOWN : deltaClip.value.toFixed(4)}, ${formatFigure(deltaLatencyMs.value)} ms)`;
  return [
    `round ${first.round}: of ${ranked.length} blocks, those of least worth for their time: ${ranked.slice(0, told).map(worth).join(', ')}`,
  ];
}

function describeAction({ round, kind, blocks, reason }: ActionRow): string {
  return `round ${round}: ${[kind, blocks.join(', ')].join(' ').trim()}: ${reason}`;
}
