import { arch, availableParallelism, cpus, platform } from 'node:os';
import type { Device } from '../runtime/device.js';

/** Everything about a machine that its latencies are taken to depend on. */
export interface DeviceDescription {
  /** Execution provider of ONNX Runtime. */
  readonly provider: string;
  /** As the user names it, `cuda:1`. */
  readonly device: string;
  /** What the device calls itself and its driver, where that is known; empty on a CPU. */
  readonly accelerator: string;
  readonly cpuModel: string;
  /** Cores this process may use. */
  readonly cores: number;
  /** Threads of the CPU provider; `default` where the runtime chooses. */
  readonly threads: number | 'default';
  /** Processors that threads are bound to by us. */
  readonly processors: readonly number[];
  readonly runtimeVersion: string;
  readonly platform: string;
  readonly architecture: string;
}

/**
 * Describes a device of this machine.
 * @param runtime the version of ONNX Runtime, and what the device calls itself where somebody knows
 */
export function describeDevice(
  device: Device,
  runtime: { readonly version: string; readonly accelerator?: string },
): DeviceDescription {
  return {
    provider: device.provider,
    device: device.name,
    accelerator: runtime.accelerator ?? '',
    cpuModel: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    threads: device.threads ?? 'default',
    processors: device.processors ?? [],
    runtimeVersion: runtime.version,
    platform: platform(),
    architecture: arch(),
  };
}

/**
 * One line that two devices share exactly when their descriptions are equal: what tables are keyed by, and readable
 * where a table is shown. `cpu; AMD EPYC; 2 cores; default threads; onnxruntime 1.30.0; linux x64`. A provider that the device is named
 * after, and an accelerator that calls itself nothing, are left out.
 */
export function deviceFingerprint(description: DeviceDescription): string {
  const { provider, device, accelerator, cpuModel, cores, threads, processors } = description;
  return [
    ...(device.startsWith(provider) ? [] : [provider]),
    device,
    ...(accelerator === '' ? [] : [accelerator]),
    cpuModel,
    `${cores} cores`,
    `${threads} threads`,
    ...(processors.length === 0 ? [] : [`pinned to ${processors.join(' ')}`]),
    `onnxruntime ${description.runtimeVersion}`,
    `${description.platform} ${description.architecture}`,
  ]
    .map(oneField)
    .join('; ');
}

/** White space is folded; what separates fields is escaped, so that no two descriptions run into one. */
function oneField(text: string): string {
  return text.trim().replace(/\s+/g, ' ').replace(/[%;]/g, encodeURIComponent);
}
