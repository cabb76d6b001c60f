import { describeFound } from '../errors/describe-found.js';
import { SnapEvoError } from '../errors/snapevo-error.js';

/** Whether a text is the address of a server that can be asked. */
export function isAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** fetch asks no server at the ports of other services: https://fetch.spec.whatwg.org/#port-blocking. */
export function isBadPort(error: unknown): boolean {
  return error instanceof TypeError && error.cause instanceof Error && error.cause.message === 'bad port';
}

/** @param found what is wrong with it, that follows the address itself */
export function invalidAddress(address: string, found: string): SnapEvoError {
  return new SnapEvoError({
    code: 'HUB_ADDRESS_INVALID',
    message: `expected the address of a hub, found ${describeFound(address)}: ${found}`,
    where: 'HF_ENDPOINT',
    hint: 'Set HF_ENDPOINT to an address such as https://huggingface.co or http://localhost:8080, or leave it out.',
  });
}
