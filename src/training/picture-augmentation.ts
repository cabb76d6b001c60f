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
  const source = picture.slice();
  const centre = (side - 1) / 2;
  const plane = side * side;
  for (let y = 0; y < side; y++) {
    const fromY = (y - centre) / scale + centre - shiftY;
    for (let x = 0; x < side; x++) {
      const fromX = (x - centre) / scale + centre - shiftX;
      for (let channel = 0; channel < 3; channel++) {
        picture[channel * plane + y * side + x] = sampleAt(source, channel * plane, side, fromX, fromY);
      }
    }
  }
}

function sampleAt(source: Float32Array, start: number, side: number, x: number, y: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const at = (column: number, row: number): number =>
    column < 0 || row < 0 || column >= side || row >= side
      ? 1
      : (source[start + row * side + column] as number);
  const [right, down] = [x - left, y - top];
  const upper = at(left, top) * (1 - right) + at(left + 1, top) * right;
  const lower = at(left, top + 1) * (1 - right) + at(left + 1, top + 1) * right;
  return upper * (1 - down) + lower * down;
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
