import { describeFound } from '../errors/describe-found.js';
import { SnapEvoError } from '../errors/snapevo-error.js';

/** What can be wrong with a safetensors file, or with what is to be written to one. */
export type SafetensorsErrorCode =
  | 'SAFETENSORS_UNREADABLE'
  | 'SAFETENSORS_HEADER'
  | 'SAFETENSORS_DUPLICATE_KEY'
  | 'SAFETENSORS_TENSOR'
  | 'SAFETENSORS_LAYOUT'
  | 'SAFETENSORS_NO_TENSOR'
  | 'SAFETENSORS_INDEX'
  | 'SAFETENSORS_WRITE';

/** A safetensors file that can't be trusted, or a tensor that can't be had from or put into one. */
export class SafetensorsError extends SnapEvoError {
  constructor(
    code: SafetensorsErrorCode,
    message: string,
    place: {
      readonly path: string;
      readonly tensor?: string;
      readonly hint?: string;
      readonly cause?: unknown;
    },
  ) {
    const where =
      place.tensor === undefined ? place.path : `${place.path}, tensor ${describeFound(place.tensor)}`;
    const hint = place.hint === undefined ? {} : { hint: place.hint };
    super({ code, message, where, cause: place.cause, ...hint });
  }
}
