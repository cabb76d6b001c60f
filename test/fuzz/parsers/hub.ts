import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseFiles } from '../../../src/hub/choose-files.js';
import { isWhole, requireOwnFolder } from '../../../src/hub/pull-record.js';
import { repositoryFile } from '../../../src/hub/repository-file.js';
import { fuzzed, requireInside } from '../fuzzed-parser.js';
import { hostileJsonBytes, hostileName, mutatedJson } from '../mutations.js';

const oid = '0123456789abcdef0123456789abcdef01234567';
const lfs = { oid: 'ab'.repeat(32), size: 9, pointerSize: 130 };
const file = (path: string, more: object = {}) => ({ type: 'file', path, size: 9, oid, ...more });
const listing = [
  file('model_index.json'),
  file('unet/config.json'),
  file('unet/diffusion_pytorch_model.fp16.safetensors', { lfs }),
  file('vae/diffusion_pytorch_model.safetensors', { lfs }),
  file('text_encoder/model-00001-of-00002.safetensors', { lfs }),
  file('text_encoder/model.safetensors.index.json'),
];

const changedListing = mutatedJson(listing).map((text) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
});
const named = fc
  .array(
    fc.oneof(
      hostileName,
      hostileName.map((name) => `unet/${name}.safetensors`),
    ),
    { maxLength: 3 },
  )
  .map((paths) => [...listing, ...paths.map((path) => file(path))]);

/** As `pull` takes it: every entry checked, files chosen, each one a path in the folder. */
export const hubListing = fuzzed({
  name: 'repository listing',
  inputs: fc.tuple(
    fc.oneof(changedListing, named, fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 3 })),
    fc.option(fc.constantFrom('fp16', '__proto__', ''), { nil: null }),
  ),
  read: ([entries, variant], folder) => {
    const list: readonly unknown[] = Array.isArray(entries) ? entries : [entries];
    for (const { path } of chooseFiles(list.map(repositoryFile), variant))
      requireInside(folder, join(folder, path));
  },
});

const record = {
  ...{ repository: 'some/model', revision: 'main', variant: null, commit: oid, complete: true },
  files: [{ path: 'unet/config.json', size: 9, hash: oid }],
};
const recordNames = hostileName.map((path) =>
  Buffer.from(JSON.stringify({ ...record, files: [{ path, size: 1, hash: oid }] })),
);

export const pullRecord = fuzzed({
  name: 'record of a pull',
  inputs: fc.oneof({ weight: 3, arbitrary: hostileJsonBytes(record) }, { weight: 1, arbitrary: recordNames }),
  read: (bytes, folder) => {
    writeFileSync(join(folder, '.snapevo-pull.json'), bytes);
    writeFileSync(join(folder, '..', 'canary'), 'x');
    const found = requireOwnFolder(folder, record.repository);
    if (found !== undefined && isWhole(folder, found))
      for (const { path } of found.files) requireInside(folder, join(folder, path));
  },
});
