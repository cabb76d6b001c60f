import { invalidListing } from './repository-file.js';

/** Of an answer in words: a page of a listing takes a few hundred kilobytes. */
const MAX_BYTES = 16 * 2 ** 20;

/** An answer that is no file's bytes, which ends with an error where it is longer than any of the hub's. */
export function limitAnswer(answer: Response): Response {
  if (answer.body === null) return answer;
  let bytes = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.length;
      if (bytes > MAX_BYTES)
        controller.error(invalidListing(`an answer of at most ${MAX_BYTES} bytes, found more`));
      else controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = answer;
  const limited = new Response(answer.body.pipeThrough(counted), { status, statusText, headers });
  return Object.defineProperty(limited, 'url', { value: answer.url });
}
