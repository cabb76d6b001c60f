import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compareSides, type SideResult } from './compare.js';
import { describeSettings, fastest, inEnvironment, tryPeerSettings } from './peer-settings.js';
import type { PeerVariant, Trial } from './peer-settings.js';
import { Side, type SideCommand } from './side.js';

/** What every part is run with. */
export interface BenchOptions {
  /** Python with what `peers/requirements.txt` names. */
  readonly python: string;
  readonly threads: number;
  /** Instead of the part's own. */
  readonly rounds: number | undefined;
  /** Whether `torch.compile` is tried. */
  readonly compile: boolean;
  /** Overrides of the search's configuration, as of `snapevo search --set`. */
  readonly set: readonly string[];
  /** Names of the environments that PyTorch is tried in. */
  readonly environments: readonly string[];
}

type Settings = Readonly<Record<string, unknown>>;

/** A process, and what it is told to prepare. */
export interface PreparedSide {
  readonly command: SideCommand;
  readonly settings: Settings;
}

/** The peer: as it stands, or in the fastest of several ways of having PyTorch do it. */
export type Peer =
  | PreparedSide
  | {
      readonly command: SideCommand;
      readonly variants: readonly PeerVariant[];
      /** Beside the variant's. */
      readonly settings?: Settings;
      /** Settings of the trial alone, such as a smaller extent. */
      readonly trialSettings?: Settings;
      readonly trialTimes?: number;
    };

/** One part of the benchmark: the same work on all sides. */
export interface Part {
  readonly name: string;
  /** What is done in a step. */
  readonly title: string;
  readonly rounds: number;
  readonly stepsPerUnit: number;
  /** Largest relative difference at which two results count as the same. */
  readonly tolerance: number;
  /** Writes what all sides read. */
  readonly write: (folder: string) => void | Promise<void>;
  readonly ours: (folder: string, options: BenchOptions) => readonly PreparedSide[];
  readonly peer: (folder: string, options: BenchOptions) => Peer;
}

export interface PartResult {
  readonly part: string;
  readonly title: string;
  readonly rounds: number;
  readonly stepsPerUnit: number;
  readonly peer: string;
  readonly trials: readonly Trial[];
  readonly results: readonly SideResult[];
}

/** Path of a file of the benchmark's. */
export const benchPath = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** Path of a file of the repository's. */
export const repositoryPath = (relative: string): string => benchPath(`../${relative}`);

/** A side that is a program of ours. */
export const ourProgram = (name: string, program: string, args: readonly string[]): SideCommand => ({
  name,
  command: process.execPath,
  args: ['--import', 'tsx', benchPath(program), ...args],
});

/** Eager and compiled, channels first and last. */
export const usualVariants = (compile: boolean): PeerVariant[] =>
  [false, ...(compile ? [true] : [])].flatMap((compiled) =>
    [true, false].map((channelsLast) => ({ channelsLast, compile: compiled })),
  );

/** Measures a part from nothing: its workload, the peer's fastest way, then all sides turn about. */
export async function measurePart(
  part: Part,
  options: BenchOptions,
  say: (text: string) => void,
): Promise<PartResult> {
  const folder = mkdtempSync(join(tmpdir(), `snapevo-bench-${part.name}-`));
  const sides: Side[] = [];
  const start = async ({ command, settings }: PreparedSide): Promise<void> => {
    const side = new Side(command);
    sides.push(side);
    await side.prepare(settings);
  };
  try {
    await part.write(folder);
    for (const each of part.ours(folder, options)) await start(each);
    const { trials, ...peer } = await choosePeer(part.peer(folder, options), options, say);
    await start(peer);
    const { name, title, stepsPerUnit, tolerance } = part;
    const rounds = options.rounds ?? part.rounds;
    const results = await compareSides(sides, { rounds, stepsPerUnit, tolerance }, say);
    return { part: name, title, rounds, stepsPerUnit, peer: peer.command.name, trials, results };
  } finally {
    for (const side of sides) await side.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function choosePeer(
  peer: Peer,
  { environments }: BenchOptions,
  say: (text: string) => void,
): Promise<PreparedSide & { readonly trials: readonly Trial[] }> {
  if (!('variants' in peer)) return { ...peer, trials: [] };
  const { command, variants, settings = {}, trialSettings = {}, trialTimes = 5 } = peer;
  const plan = { environments, variants, settings: { ...settings, ...trialSettings }, times: trialTimes };
  const trials = await tryPeerSettings(command, plan, say);
  const best = fastest(trials);
  const name = `PyTorch, ${describeSettings(best)}`;
  return {
    command: { ...inEnvironment(command, best.environment), name },
    settings: { ...settings, ...best },
    trials,
  };
}
