export type PictureKind = 'PNG' | 'JPEG' | 'WebP';

/** How the files of the kinds that are read begin; `undefined` is any byte. The decoder knows others, of which some read further files (SVG) or are programs (PostScript). */
const signatures: Readonly<Record<PictureKind, readonly (number | undefined)[]>> = {
  PNG: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  JPEG: [0xff, 0xd8, 0xff],
  WebP: [...ascii('RIFF'), undefined, undefined, undefined, undefined, ...ascii('WEBP')],
};

export const pictureKinds = Object.keys(signatures) as readonly PictureKind[];

/** Which of the kinds that are read a file is of, by its first bytes. */
export function pictureKindOf(bytes: Uint8Array): PictureKind | undefined {
  return pictureKinds.find((kind) => startsWith(bytes, signatures[kind]));
}

function startsWith(bytes: Uint8Array, signature: readonly (number | undefined)[]): boolean {
  return signature.every((byte, i) => (byte === undefined ? i < bytes.length : byte === bytes[i]));
}

function ascii(text: string): number[] {
  return [...Buffer.from(text, 'latin1')];
}
