import { createInterface } from 'node:readline';

/**
 * Asks a question that is answered by a line; anything but y or yes, and the end of the input, is a no.
 * @throws the signal's reason once it fires
 */
export function confirm(
  question: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  signal: AbortSignal,
): Promise<boolean> {
  signal.throwIfAborted();
  output.write(`${question} [y/N] `);
  // Not raw, so that the terminal still makes a signal of Ctrl-C.
  const reader = createInterface({ input, terminal: false });
  return new Promise<boolean>((resolve, reject) => {
    reader.once('line', (line) => {
      resolve(/^y(?:es)?$/i.test(line.trim()));
    });
    reader.once('close', () => {
      resolve(false);
    });
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  }).finally(() => {
    reader.close();
  });
}
