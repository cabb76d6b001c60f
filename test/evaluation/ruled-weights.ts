import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadedModel } from '../../src/model/model-folder.js';
import type { ModelKind } from '../../src/model/model-kind.js';

/** A model of a folder that holds its configuration alone, with the weights that the rule of test/golden/pipelines/make.py gives. */
export function loadRuled<Config>(kind: ModelKind<Config>, folder: string): LoadedModel<Config> {
  const path = join(folder, 'config.json');
  const configText = readFileSync(path, 'utf8');
  const config = kind.parse(configText, path);
  const weights = new Map(kind.parameters(config).map(({ name, shape }) => [name, ruled(name, shape)]));
  return { config, configText, weights };
}

/** Uniform by a hash of name and index (MurmurHash3's finalizer), of about unit gain. */
function ruled(name: string, shape: readonly number[]): Float32Array {
  const seed = fnv1a(name);
  const scale = shape.length === 1 ? 0.2 : Math.sqrt(3 / product(shape.slice(1)));
  const offset = shape.length === 1 && name.endsWith('weight') ? 1 : 0;
  return Float32Array.from({ length: product(shape) }, (_, i) => {
    let x = Math.imul(i + 1, 0x9e3779b1) ^ seed;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return (((x ^ (x >>> 16)) >>> 0) / 2 ** 31 - 1) * scale + offset;
  });
}

function fnv1a(text: string): number {
  return Buffer.from(text, 'utf8').reduce((value, byte) => Math.imul(value ^ byte, 0x01000193), 0x811c9dc5);
}

function product(values: readonly number[]): number {
  return values.reduce((all, value) => all * value, 1);
}
