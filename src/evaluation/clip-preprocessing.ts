import { z } from 'zod';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { parseConfig, size, type ConfigRules } from '../model/parse-config.js';
import { byteValues, type Picture } from './picture.js';
import { resizeBicubic, type Plane } from './resize-bicubic.js';

interface Extent {
  readonly height: number;
  readonly width: number;
}

/** How pictures are made ready for a CLIP model: transformers' `CLIPImageProcessor`, parsed. */
export interface ClipPreprocessing {
  /** Length of the shorter side after resizing, or both sides; undefined leaves pictures as they are. */
  readonly resizeTo: number | Extent | undefined;
  /** What is cut from the middle afterwards; undefined for all of it. */
  readonly crop: Extent | undefined;
  /** Of the channels, for values from 0 to 1. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

const bicubic = 3;
const extent = z.strictObject({ height: size, width: size });
const channels = z.tuple([z.number(), z.number(), z.number()]);
const schema = z.strictObject({
  do_resize: z.boolean().default(true),
  size: z.union([size, z.strictObject({ shortest_edge: size }), extent]).default(224),
  resample: z.literal(bicubic).default(bicubic),
  do_center_crop: z.boolean().default(true),
  crop_size: z.union([size, extent]).default(224),
  do_rescale: z.literal(true).default(true),
  rescale_factor: z
    .number()
    .refine((factor) => Math.abs(factor * 255 - 1) < 1e-6, 'expected 1/255')
    .default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: channels.default([0.48145466, 0.4578275, 0.40821073]),
  image_std: channels
    .refine((deviations) => deviations.every((each) => each > 0), 'expected numbers above 0')
    .default([0.26862954, 0.26130258, 0.27577711]),
  do_pad: z.literal(false).nullish(),
});

const rules: ConfigRules = {
  model: 'CLIPImageProcessor',
  names: {},
  ignored: new Set([
    'image_processor_type',
    'feature_extractor_type',
    'processor_class',
    'do_convert_rgb',
    'data_format',
    'input_data_format',
    'device',
    'return_tensors',
    'disable_grouping',
    'default_to_square',
    'pad_size',
  ]),
  hints: { resample: 'only bicubic resizing, 3, is supported' },
};

/**
 * Parses transformers' `preprocessor_config.json` of a CLIP model; absent fields take its defaults.
 * @throws SnapEvoError `MODEL_CONFIG_NOT_JSON` or `MODEL_CONFIG_UNSUPPORTED`
 */
export function parseClipPreprocessing(text: string, where = 'preprocessor_config.json'): ClipPreprocessing {
  const file = parseConfig(schema, text, where, rules);
  const { size: target, crop_size: crop } = file;
  const resizeTo = typeof target === 'object' && 'shortest_edge' in target ? target.shortest_edge : target;
  return {
    resizeTo: file.do_resize ? resizeTo : undefined,
    crop: file.do_center_crop ? (typeof crop === 'number' ? { height: crop, width: crop } : crop) : undefined,
    mean: file.do_normalize ? file.image_mean : [0, 0, 0],
    deviation: file.do_normalize ? file.image_std : [1, 1, 1],
  };
}

/**
 * What a CLIP model is shown of a picture: [3, side, side]. As of the file that the picture would be saved as: values are rounded to whole
 * ones from 0 to 255 first.
 * @throws SnapEvoError `CLIP_IMAGE_SIZE` when resizing and cropping don't lead to the model's own size
 */
export function preprocessPicture(picture: Picture, how: ClipPreprocessing, side: number): Float32Array {
  const target = resizedExtent(picture, how.resizeTo);
  const prepared = new Float32Array(3 * side * side);
  const area = picture.height * picture.width;
  for (let channel = 0; channel < 3; channel++) {
    const plane = {
      ...picture,
      values: byteValues(picture.pixels.subarray(channel * area, (channel + 1) * area)),
    };
    const cut = cropMiddle(resizeBicubic(plane, target.height, target.width), how.crop ?? target);
    checkSide(cut, side);
    const shown = shownAs(how.mean[channel] ?? 0, how.deviation[channel] ?? 1);
    const start = channel * side * side;
    const { values } = cut;
    for (let k = 0; k < values.length; k++) prepared[start + k] = shown[values[k] as number] as number;
  }
  return prepared;
}

/** What a model is shown of each byte. */
const shownAs = (mean: number, deviation: number): Float32Array =>
  Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - mean) / deviation);

/** As transformers does it, the longer side is rounded down. */
function resizedExtent({ height, width }: Picture, resizeTo: number | Extent | undefined): Extent {
  if (typeof resizeTo !== 'number') return resizeTo ?? { height, width };
  const shorter = Math.min(height, width);
  const scaled = (length: number): number =>
    length === shorter ? resizeTo : Math.trunc((resizeTo * length) / shorter);
  return { height: scaled(height), width: scaled(width) };
}

function cropMiddle(plane: Plane, { height, width }: Extent): Plane {
  const top = Math.floor((plane.height - height) / 2);
  const left = Math.floor((plane.width - width) / 2);
  if (top < 0 || left < 0 || (plane.height === height && plane.width === width)) return plane;
  const values = new Uint8ClampedArray(height * width);
  for (let y = 0; y < height; y++) {
    const start = (top + y) * plane.width + left;
    values.set(plane.values.subarray(start, start + width), y * width);
  }
  return { height, width, values };
}

function checkSide({ height, width }: Plane, side: number): void {
  if (height === side && width === side) return;
  throw new SnapEvoError({
    code: 'CLIP_IMAGE_SIZE',
    message: `expected preprocessing to lead to ${side} x ${side} pixels, found ${height} x ${width}`,
    where: 'preprocessor_config.json',
    hint: 'size and crop_size have to be the image_size of the CLIP model',
  });
}
