import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Shape } from '../graph/value.js';
import { openSafetensors } from '../onnx/safetensors.js';
import { writeSafetensors } from '../onnx/safetensors-writer.js';

/** Latents of pictures that a pipeline made, as its UNet has them. */
export interface Latents {
  /** Of one: [channels, height, width]. */
  readonly shape: Shape;
  /** One a picture. */
  readonly rows: readonly Float32Array[];
}

/** How latents are made a few at a time. */
export interface LatentMaking<Request> {
  /** Where they are kept, so that what was interrupted goes on. */
  readonly folder: string;
  /** Of a file, and of the call to `make` that fills it. */
  readonly batch: number;
  readonly shape: () => Promise<Shape>;
  readonly make: (requests: readonly Request[]) => Promise<readonly Float32Array[]>;
  /** After each batch, but not those that were there before: these take no time. */
  readonly onMade: (done: number, total: number) => void;
}

const tensor = 'latents';

/**
 * Makes the latents of each request, or reads them where an earlier call left them: each batch is in a file of its own, `NAME-HASH-FROM-TO.safetensors`, written
 * whole or not at all. The hash is of all requests: what others left is not taken for theirs.
 * @throws what `make` throws; SafetensorsError where a file can't be read or written
 */
export async function makeLatents<Request>(
  name: string,
  requests: readonly Request[],
  { folder, batch, shape, make, onMade }: LatentMaking<Request>,
): Promise<Latents> {
  mkdirSync(folder, { recursive: true });
  const hash = createHash('sha256').update(JSON.stringify(requests)).digest('hex').slice(0, 8);
  const parts: Latents[] = [];
  for (let from = 0; from < requests.length; from += batch) {
    const to = Math.min(from + batch, requests.length);
    const file = join(folder, `${name}-${hash}-${from}-${to}.safetensors`);
    const isThere = existsSync(file);
    if (!isThere) writeLatents(file, await make(requests.slice(from, to)), await shape());
    parts.push(readLatents(file));
    if (!isThere) onMade(to, requests.length);
  }
  return { shape: parts[0]?.shape ?? [], rows: parts.flatMap(({ rows }) => rows) };
}

function writeLatents(file: string, rows: readonly Float32Array[], shape: Shape): void {
  const data = Float32Array.from(rows.flatMap((row) => [...row]));
  writeSafetensors(file, new Map([[tensor, { shape: [rows.length, ...shape], data }]]));
}

function readLatents(file: string): Latents {
  const stored = openSafetensors(file);
  const data = stored.read(tensor);
  const [count = 0, ...shape] = stored.tensors.get(tensor)?.shape ?? [];
  const size = data.length / count;
  return {
    shape,
    rows: Array.from({ length: count }, (_, i) => data.slice(i * size, (i + 1) * size)),
  };
}
