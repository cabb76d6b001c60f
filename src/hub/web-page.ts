import { describeFound } from '../errors/describe-found.js';
import { SnapEvoError } from '../errors/snapevo-error.js';

/** Where the first words of a page stand. */
const MAX_CHARACTERS = 4_096;

/**
 * Whether somebody else answered in the hub's place: a network's sign-in page, a proxy. The hub gives JSON, bytes, and errors with a code of its own; a file may be a page only by its name.
 */
export function isWebPage({ headers }: Response, address: string): boolean {
  const type = headers.get('content-type') ?? '';
  const isNamed = /\.html?$/i.test(new URL(address).pathname);
  return /^\s*(text\/html|application\/xhtml)/i.test(type) && !headers.has('x-error-code') && !isNamed;
}

/**
 * Whether what should be JSON, and isn't said to be, is a page without its type.
 * @param answer can still be read afterwards
 */
export async function beginsAsPage(answer: Response): Promise<boolean> {
  const isJson = /^application\/json/i.test(answer.headers.get('content-type') ?? '');
  return !isJson && /^\s*</.test(await beginningOf(answer.clone()));
}

/**
 * Tells of a page by its status, its type and its title or first words.
 * @param isPassing whether its status says that it may be another the next time
 * @returns SnapEvoError `HUB_UNREACHABLE` where that is so, else `HUB_WEB_PAGE`
 */
export async function webPage(answer: Response, address: string, isPassing: boolean): Promise<SnapEvoError> {
  const { status, headers } = answer;
  const words = describeFound(firstWords(await beginningOf(answer)));
  const found = `a web page (status ${status}, ${describeFound(headers.get('content-type') ?? undefined)}): ${words}`;
  const message = `expected an answer of the hub's, found ${found}`;
  const hint =
    'open the address in a browser: a proxy may stand between, or a network that wants a sign-in; HTTPS_PROXY is not followed, HF_ENDPOINT names another hub';
  const where = new URL(address).origin;
  return isPassing
    ? new SnapEvoError({ code: 'HUB_UNREACHABLE', message, where, hint })
    : new SnapEvoError({ code: 'HUB_WEB_PAGE', message, where, hint });
}

async function beginningOf({ body }: Response): Promise<string> {
  if (body === null) return '';
  const decoder = new TextDecoder();
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  let text = '';
  while (text.length < MAX_CHARACTERS) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  // of an answer that was cloned, that ends only once the other is read
  reader.cancel().catch(() => undefined);
  return text.slice(0, MAX_CHARACTERS);
}

function firstWords(html: string): string {
  const title = /<title[^<>]*>([^<]*)/i.exec(html)?.[1]?.trim() ?? '';
  const text = title === '' ? html.replace(/<[^<>]*>/g, ' ') : title;
  return text.replace(/\s+/g, ' ').trim();
}
