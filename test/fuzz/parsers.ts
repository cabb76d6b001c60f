import type { FuzzedParser } from './fuzzed-parser.js';
import { captionList, cocoFile, imageFolder, names } from './parsers/captions.js';
import { pretrainConfig, searchConfig, settings } from './parsers/configurations.js';
import { hubListing, pullRecord } from './parsers/hub.js';
import { models } from './parsers/models.js';
import { jpegPictures, pngPictures, webpPictures } from './parsers/pictures.js';
import { safetensors, shardIndex } from './parsers/safetensors.js';
import { tokenizerFiles, tokenizerJson } from './parsers/tokenizers.js';

/** Every reader of strangers' files, names and answers. */
export const parsers: readonly FuzzedParser[] = [
  ...[safetensors, shardIndex],
  ...models,
  ...[tokenizerFiles, tokenizerJson],
  ...[captionList, cocoFile, imageFolder, names],
  ...[pngPictures, jpegPictures, webpPictures],
  ...[searchConfig, pretrainConfig, settings],
  ...[hubListing, pullRecord],
];
