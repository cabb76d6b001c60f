import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

const half = { infinity: 0x7c00, notANumber: 0x7e00 } as const;

/** Fills a tensor of a file of fp16 weights with what is no finite number. */
export function spoil(path: string, tensor: string, value: keyof typeof half): void {
  const bytes = readFileSync(path);
  const dataStart = 8 + Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.toString('utf8', 8, dataStart)) as Readonly<
    Record<string, { readonly dtype: string; readonly data_offsets: readonly [number, number] }>
  >;
  expect(header[tensor]?.dtype).toBe('F16');
  const [begin, end] = header[tensor]?.data_offsets ?? [0, 0];
  for (let at = begin; at < end; at += 2) bytes.writeUInt16LE(half[value], dataStart + at);
  writeFileSync(path, bytes);
}
