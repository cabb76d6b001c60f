import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SnapEvoError } from '../errors/snapevo-error.js';
import type { RemoteSession, SessionHost } from '../runtime/device-host.js';
import type { SessionSettings } from '../runtime/session-options.js';
import type { MeasuredGraph } from './measured-graph.js';
import { withSessions } from './measured-session.js';
import { parseNetworkProfile, type ProfiledForward } from './network-profile.js';

export interface ProfilingSettings {
  /** Of each network, without the warm-up. */
  readonly forwards: number;
  readonly warmUps: number;
  /** Most kernels in a profile, which takes about a kilobyte for each: large networks get fewer forwards. */
  readonly maxKernels: number;
}

/** Told after each forward of a network. */
type ForwardListener = (done: number, total: number) => void;

/** Where the runtime finds what it needs, and where it may write. */
export interface ProfilingFolders {
  /** Where profiles are written for a moment. */
  readonly scratchFolder: string;
  /** Folder of weights that lie in a file. */
  readonly folder?: string;
}

const fewestForwards = 7;
const maxProfileBytes = 256 * 2 ** 20;

/**
 * Runs networks in turn under the runtime's profiler, so that what disturbs the machine falls on all of them.
 * @returns of each network, its forwards in order; `result[a][i]` and `result[b][i]` ran next to each other
 * @throws SnapEvoError `LATENCY_PROFILE_UNREADABLE`, `SESSION_FAILED`
 */
export async function profileNetworks(
  host: SessionHost,
  graphs: readonly MeasuredGraph[],
  { scratchFolder, ...settings }: ProfilingSettings & ProfilingFolders,
  onForward: ForwardListener = () => undefined,
): Promise<readonly (readonly ProfiledForward[])[]> {
  const folder = mkdtempSync(join(scratchFolder, 'snapevo-profile-'));
  try {
    const count = settings.warmUps + forwardsThatFit(graphs, settings);
    const settingsOf = (index: number): SessionSettings => ({
      ...(settings.folder === undefined ? {} : { folder: settings.folder }),
      profilePrefix: join(folder, `network-${index}`),
    });
    await withSessions(host, graphs, settingsOf, (sessions) => runInTurn(sessions, count, onForward));
    return graphs.map((_, index) => readProfile(folder, index).slice(-(count - settings.warmUps)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runInTurn(
  sessions: readonly RemoteSession[],
  count: number,
  onForward: ForwardListener,
): Promise<void> {
  const turns = Array.from({ length: count }, () => sessions).flat();
  for (const [index, session] of turns.entries()) {
    await session.time();
    onForward(index + 1, turns.length);
  }
}

function forwardsThatFit(graphs: readonly MeasuredGraph[], settings: ProfilingSettings): number {
  const kernels = Math.max(1, ...graphs.map(({ graph }) => graph.nodes.length));
  const affordable = Math.floor(settings.maxKernels / kernels) - settings.warmUps;
  return Math.min(settings.forwards, Math.max(fewestForwards, affordable));
}

/** The runtime puts the time of day behind the prefix. */
function readProfile(folder: string, index: number): readonly ProfiledForward[] {
  const name = readdirSync(folder).find((file) => file.startsWith(`network-${index}_`));
  const path = join(folder, name ?? `network-${index}`);
  if (name === undefined) throw unreadable(path, 'found none');
  const { size } = statSync(path);
  if (size > maxProfileBytes) throw unreadable(path, `found ${size} bytes, more than ${maxProfileBytes}`);
  return parseNetworkProfile(readFileSync(path, 'utf8'), path);
}

function unreadable(where: string, found: string): SnapEvoError {
  return new SnapEvoError({
    code: 'LATENCY_PROFILE_UNREADABLE',
    message: `expected a profile of ONNX Runtime; ${found}`,
    where,
    hint: 'check that the folder for temporary files can be written to and has room',
    fault: 'internal',
  });
}
