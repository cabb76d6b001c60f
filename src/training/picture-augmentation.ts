/** Draws that {@link disturbPicture} takes. */
export const disturbances = 7;

/**
 * Disturbs a picture in place so that a scorer learns what it shows and not its pixels: moved by up to 4 pixels, scaled by
 * up to a tenth, brightness and contrast changed a little, sometimes blurred as a VAE's decoder blurs.
 * @param picture [3, side, side] in [-1, 1]
 * @param draws as many numbers as `disturbances` in [0, 1)
 */
export function disturbPicture(picture: Float32Array, side: number, draws: Float64Array): void {
  const [shiftX = 0, shiftY = 0, zoom = 0, brightness = 0, contrast = 0, blur = 0, amount = 0] = draws;
  const scale = 1 + 0.2 * (zoom - 0.5);
  moveAndScale(picture, side, 8 * (shiftX - 0.5), 8 * (shiftY - 0.5), scale);
  if (blur < 0.5) soften(picture, side, amount);
  const gain = 1 + 0.2 * (contrast - 0.5);
  const offset = 0.2 * (brightness - 0.5);
  for (let k = 0; k < picture.length; k++) picture[k] = (picture[k] as number) * gain + offset;
}

/** Bilinear resampling about the centre; what lies outside is white, as the pictures' background. */
function moveAndScale(
  picture: Float32Array,
  side: number,
  shiftX: number,
  shiftY: number,
  scale: number,
): void {
  const columns = resampling(side, shiftX, scale);
  const rows = resampling(side, shiftY, scale);
  for (let line = 0; line < picture.length; line += side) resample(picture, line, 1, columns);
  for (let start = 0; start < picture.length; start += side * side)
    for (let x = 0; x < side; x++) resample(picture, start + x, side, rows);
}

/** For each place of a line, the place left of where it comes from and how far beyond that it lies. */
interface Resampling {
  readonly left: Int32Array;
  readonly beyond: Float32Array;
  readonly scratch: Float32Array;
}

function resampling(side: number, shift: number, scale: number): Resampling {
  const centre = (side - 1) / 2;
  const from = Float64Array.from({ length: side }, (_, at) => (at - centre) / scale + centre - shift);
  return {
    left: Int32Array.from(from, Math.floor),
    beyond: Float32Array.from(from, (at) => at - Math.floor(at)),
    scratch: new Float32Array(side),
  };
}

function resample(
  picture: Float32Array,
  start: number,
  stride: number,
  { left, beyond, scratch }: Resampling,
): void {
  const side = scratch.length;
  for (let k = 0; k < side; k++) scratch[k] = picture[start + k * stride] as number;
  for (let k = 0; k < side; k++) {
    const at = left[k] as number;
    const share = beyond[k] as number;
    const one = at >= 0 && at < side ? (scratch[at] as number) : 1;
    const other = at >= -1 && at < side - 1 ? (scratch[at + 1] as number) : 1;
    picture[start + k * stride] = one + (other - one) * share;
  }
}

/** Blends every pixel with the mean of its four neighbours. */
function soften(picture: Float32Array, side: number, amount: number): void {
  const source = picture.slice();
  for (let k = 0; k < picture.length; k++) {
    const x = k % side;
    const y = Math.floor(k / side) % side;
    if (x === 0 || y === 0 || x === side - 1 || y === side - 1) continue;
    const [left, right] = [source[k - 1] as number, source[k + 1] as number];
    const [up, down] = [source[k - side] as number, source[k + side] as number];
    picture[k] = (source[k] as number) * (1 - amount) + ((left + right + up + down) / 4) * amount;
  }
}

/** Draws that {@link turnPicture} takes. */
export const turns = 3;

/** Pixels that {@link turnPicture} moves a picture by, at most. */
const furthest = 4;

/**
 * Turns a picture in place into one of its eight mirrorings and rotations and moves it by up to 4 whole pixels, white coming in at
 * the edges: what it shows no longer matters, only that it can be given back. For an autoencoder that has few pictures to learn from.
 * @param picture [3, side, side] in [-1, 1]
 * @param draws as many numbers as `turns` in [0, 1)
 */
export function turnPicture(picture: Float32Array, side: number, draws: Float64Array): void {
  const [symmetry = 0, shiftX = 0, shiftY = 0] = draws;
  const kind = Math.floor(symmetry * 8);
  const shift = (share: number): number => Math.floor(share * (2 * furthest + 1)) - furthest;
  const [right, down] = [shift(shiftX), shift(shiftY)];
  const source = picture.slice();
  const plane = side * side;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const from = turnedPixel(kind, side, x - right, y - down);
      for (let start = 0; start < picture.length; start += plane)
        picture[start + y * side + x] = from === undefined ? 1 : (source[start + from] as number);
    }
  }
}

/** Where the pixel at (x, y) of the turned picture lies in the picture; undefined beyond its edges. */
function turnedPixel(kind: number, side: number, x: number, y: number): number | undefined {
  if (x < 0 || y < 0 || x >= side || y >= side) return undefined;
  const column = kind & 1 ? side - 1 - x : x;
  const row = kind & 2 ? side - 1 - y : y;
  return kind & 4 ? column * side + row : row * side + column;
}
