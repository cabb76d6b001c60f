import type { InferenceSession } from 'onnxruntime-node';
import type { Device } from './device.js';

/** How a session is made. */
export interface SessionSettings {
  /** Outputs that stay in the session and are an input of its next run: `{ output name: input name }`. */
  readonly residents?: Readonly<Record<string, string>>;
  /**
   * How far the runtime rewrites the graph. Unless told otherwise `all`, which lays convolutions' weights out anew and so copies them, or, for
   * weights that lie in a file, `extended`, which leaves them there.
   */
  readonly optimization?: 'disabled' | 'basic' | 'extended' | 'all';
  /** Path prefix of the profile the runtime writes when the session ends; no profile when absent. */
  readonly profilePrefix?: string;
  /** Folder that external data is relative to, for models given as bytes; such data are read where they are and not copied. */
  readonly folder?: string;
  /**
   * Whether constants of matrix products are copied into the layout that kernels read fastest, which takes their size once more and seconds at the
   * start; if they lie in a file, only when told to.
   */
  readonly prepacking?: boolean;
  /** Whether the CPU may run what the device's provider can't; yes unless told otherwise. */
  readonly fallback?: boolean;
}

/**
 * The runtime's options. Threads that spin while waiting steal time from other sessions (a block of 12 ms measured 32),
 * so they don't; memory patterns cost a fifth more memory for no visible speed. Kernels stored as int8 are widened when the model is loaded, not
 * at every run: a third faster.
 */
export function sessionOptions(device: Device, settings: SessionSettings): InferenceSession.SessionOptions {
  const {
    profilePrefix,
    folder,
    optimization = folder === undefined ? 'all' : 'extended',
    prepacking = folder === undefined,
    fallback = true,
  } = settings;
  const { processors = [] } = device;
  return {
    executionProviders: [provider(device)],
    graphOptimizationLevel: optimization,
    enableMemPattern: false,
    logSeverityLevel: 3,
    ...(device.threads === undefined ? {} : { intraOpNumThreads: device.threads }),
    ...(profilePrefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: profilePrefix }),
    extra: {
      session: {
        intra_op: { allow_spinning: '0' },
        disable_quant_qdq: '1',
        ...(processors.length === 0
          ? {}
          : { intra_op_thread_affinities: processors.map((processor) => processor + 1).join(';') }),
        ...(prepacking ? {} : { disable_prepacking: '1' }),
        ...(fallback ? {} : { disable_cpu_ep_fallback: '1' }),
        ...(folder === undefined ? {} : { model_external_initializers_file_folder_path: folder }),
      },
    },
  };
}

function provider({ provider: name, index }: Device): InferenceSession.ExecutionProviderConfig {
  if (name === 'cpu' || name === 'webgpu') return name;
  const onDevice: { name: string; deviceId: number } = { name, deviceId: index };
  return onDevice;
}
