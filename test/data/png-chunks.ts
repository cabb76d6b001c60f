import { crc32 } from 'node:zlib';

export interface PngChunk {
  /** Four letters. */
  readonly type: Buffer;
  readonly data: Buffer;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** The chunks of a whole PNG. */
export function chunksOf(png: Buffer): PngChunk[] {
  const chunks: PngChunk[] = [];
  for (let at = SIGNATURE.length; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const end = at + 8 + png.readUInt32BE(at);
    chunks.push({ type: png.subarray(at + 4, at + 8), data: png.subarray(at + 8, end) });
  }
  return chunks;
}

/** A PNG of these chunks, with right checksums. */
export function pngOf(chunks: readonly PngChunk[]): Buffer {
  const parts = chunks.map(({ type, data }) => {
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(Buffer.concat([type, data])));
    return Buffer.concat([length, type, data, sum]);
  });
  return Buffer.concat([SIGNATURE, ...parts]);
}

/** A PNG whose pixels were compressed wrongly, under right checksums: only decoding finds that. */
export function wronglyCompressed(png: Buffer): Buffer {
  return pngOf(
    chunksOf(png).map(({ type, data }) => ({
      type,
      data: type.toString('latin1') === 'IDAT' ? Buffer.alloc(data.length, 0xff) : data,
    })),
  );
}
