import { crc32 } from 'node:zlib';
import { pictureKindOf, type PictureKind } from './picture-kind.js';

/**
 * Whether a picture's file goes to its end, without decoding it: PNG to its last chunk, each with its checksum; JPEG to its end marker, segment by segment; WebP as far as its
 * header says. Finds every file that was cut short, and of a PNG every changed byte. A byte that was changed in the pixels of a JPEG or WebP isn't found, since these have no checksums;
 * most such files decode, to other pixels. Files of other kinds are no whole pictures.
 */
export function isWholePicture(bytes: Uint8Array): boolean {
  const kind = pictureKindOf(bytes);
  return kind !== undefined && tests[kind](Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

const tests: Readonly<Record<PictureKind, (file: Buffer) => boolean>> = {
  PNG: isWholePng,
  JPEG: isWholeJpeg,
  WebP: isWholeWebp,
};

/** Length, type, data and the CRC-32 of both. See https://www.w3.org/TR/png-3/#5Chunk-layout. */
function isWholePng(file: Buffer): boolean {
  for (let at = 8; at + 12 <= file.length;) {
    const end = at + 8 + file.readUInt32BE(at);
    if (end + 4 > file.length || crc32(file.subarray(at + 4, end)) !== file.readUInt32BE(end)) return false;
    if (file.toString('latin1', at + 4, at + 8) === 'IEND') return true;
    at = end + 4;
  }
  return false;
}

const MARKER = 0xff;
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;

/** Segments say how long they are; after that of a scan come its data, as long as no marker follows. See ITU-T T.81, annex B. */
function isWholeJpeg(file: Buffer): boolean {
  for (let at = 2; at + 2 <= file.length && file[at] === MARKER;) {
    const marker = file[at + 1] ?? 0;
    if (marker === END_OF_IMAGE) return true;
    if (marker === MARKER) at += 1;
    else if (at + 4 > file.length) return false;
    else {
      at += 2 + file.readUInt16BE(at + 2);
      if (marker === START_OF_SCAN) at = endOfScan(file, at);
    }
  }
  return false;
}

/** Where the next marker stands: 0xff that is neither data, which a zero follows, nor a restart (0xd0 to 0xd7). */
function endOfScan(file: Buffer, start: number): number {
  for (let at = start; at + 1 < file.length; at++) {
    const next = file[at + 1] ?? 0;
    if (file[at] === MARKER && next !== 0 && (next < 0xd0 || next > 0xd7)) return at;
  }
  return file.length;
}

/** A RIFF file: its length, but for the first eight bytes, stands after its name. */
function isWholeWebp(file: Buffer): boolean {
  return file.readUInt32LE(4) + 8 <= file.length;
}
