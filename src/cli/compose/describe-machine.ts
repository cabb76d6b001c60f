import { existsSync, readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, release, totalmem, type } from 'node:os';
import process from 'node:process';
import { runtimeVersion } from '../../runtime/runtime-version.js';

/** What a report of a fault, or a comparison of latencies, has to say of the machine. */
export interface MachineDescription {
  readonly snapevo: string;
  readonly node: string;
  readonly onnxruntime: string;
  readonly system: string;
  readonly cpuModel: string;
  /** Cores this process may use. */
  readonly cores: number;
  readonly memoryBytes: number;
  /** Vector extensions that the kernels of the CPU choose by; empty where the system doesn't list them. */
  readonly vectorExtensions: readonly string[];
}

const cpuInfo = '/proc/cpuinfo';

export function describeMachine(version: string): MachineDescription {
  return {
    snapevo: version,
    node: process.versions.node,
    onnxruntime: runtimeVersion(),
    system: `${type()} ${release()} ${arch()}`,
    cpuModel: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    vectorExtensions: existsSync(cpuInfo) ? vectorExtensionsOf(readFileSync(cpuInfo, 'utf8')) : [],
  };
}

/** Of the first processor in the text of Linux's `/proc/cpuinfo`. */
export function vectorExtensionsOf(text: string): readonly string[] {
  const [, flags = ''] = /^(?:flags|Features)\s*:(.*)$/m.exec(text) ?? [];
  return flags.split(/\s+/).filter((flag) => /^(avx|amx|fma|f16c|asimd|sve)/.test(flag));
}
