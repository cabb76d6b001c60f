import type { ErrorDetails } from '../errors/snapevo-error.js';
import type { SessionSettings } from './session-options.js';
import type { Tensors } from './tensor.js';

/** What a device worker can be asked to do; sessions are named by numbers the asker chose. */
export type DeviceTask =
  | {
      readonly kind: 'create';
      readonly session: number;
      readonly model: Uint8Array | string;
      readonly settings: SessionSettings;
    }
  | {
      readonly kind: 'run';
      readonly session: number;
      readonly feeds: readonly Tensors[];
      readonly fetches: readonly string[] | undefined;
    }
  | { readonly kind: 'time'; readonly session: number; readonly feeds: Tensors | undefined }
  | { readonly kind: 'setResidents'; readonly session: number; readonly tensors: Tensors }
  | { readonly kind: 'getResidents'; readonly session: number; readonly names: readonly string[] }
  | { readonly kind: 'release'; readonly session: number };

/** What a task gives back, by kind; `time` gives milliseconds. */
export interface DeviceResults {
  create: undefined;
  run: readonly Tensors[];
  time: number;
  setResidents: undefined;
  getResidents: Tensors;
  release: undefined;
}

/**
 * How a task ended. An error of SnapEvo's comes as its parts: the copy that a thread gets of an error object has lost its
 * class and its fields.
 */
export type TaskOutcome =
  | {
      readonly result: DeviceResults[DeviceTask['kind']];
      /** Milliseconds that the worker was at it. */
      readonly ms: number;
    }
  | { readonly failure: ErrorDetails };
