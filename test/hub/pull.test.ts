import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pull, pulledBefore, type PullRequest } from '../../src/hub/pull.js';
import { HubStandIn, type Faults } from './hub-stand-in.js';

/** Large enough to be loaded in ranges, which the hub's client does from a megabyte on. */
const weights = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, index) => (index * 31) % 251));
const files = {
  'model_index.json': Buffer.from('{"_class_name":"StableDiffusionPipeline"}'),
  'unet/config.json': Buffer.from('{"sample_size":64}'),
  'unet/diffusion_pytorch_model.safetensors': weights,
  'unet/diffusion_pytorch_model.fp16.safetensors': Buffer.alloc(2000, 1),
  'unet/diffusion_pytorch_model.bin': Buffer.alloc(2000, 2),
  'safety_checker/model.safetensors': Buffer.alloc(2000, 3),
  'v1-5-pruned.safetensors': Buffer.alloc(2000, 4),
  'README.md': Buffer.from('# A model'),
};

let folder: string;
let hub: HubStandIn;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'snapevo-pull-')), 'model');
});

afterEach(async () => {
  await hub.stop();
  rmSync(join(folder, '..'), { recursive: true });
});

async function request(faults: Faults = {}, changes: Partial<PullRequest> = {}): Promise<PullRequest> {
  hub = await HubStandIn.start(files, faults);
  const common = { repository: 'some/model', revision: 'main', variant: null, folder, pauseMs: 1 };
  return { ...common, access: { url: hub.url }, ...changes };
}

function bytesOf(path: string): Buffer {
  return readFileSync(join(folder, path));
}

describe('pulling a model', () => {
  it('loads what SnapEvo reads, as it is, and nothing else', async () => {
    const progress: [number, number][] = [];
    const onProgress = (...figures: [number, number]): unknown => progress.push(figures);
    const { commit, files: pulled, bytes } = await pull(await request({}, { onProgress }));
    expect(commit).toBe(hub.commit);
    expect(pulled.map(({ path }) => path).sort()).toEqual([
      'README.md',
      'model_index.json',
      'unet/config.json',
      'unet/diffusion_pytorch_model.safetensors',
    ]);
    expect(bytesOf('unet/diffusion_pytorch_model.safetensors').equals(weights)).toBe(true);
    expect(readdirSync(join(folder, 'unet')).sort()).toEqual([
      'config.json',
      'diffusion_pytorch_model.safetensors',
    ]);
    expect(progress.at(-1)).toEqual([bytes, bytes]);
  });

  it('loads nothing again that is there and right, and mends what is not', async () => {
    const asked = await request();
    await pull(asked);
    hub.sentBytes = 0;
    await pull(asked);
    expect(hub.sentBytes).toBe(0);
    writeFileSync(join(folder, 'unet/config.json'), '{"sample_size":65}');
    await pull(asked);
    expect(bytesOf('unet/config.json').toString()).toBe('{"sample_size":64}');
  });

  it('goes on where the connection broke', async () => {
    const asked = await request({ cuts: [18, 18, 1_000_000, 1_000_000, 500_000] });
    await pull(asked);
    expect(bytesOf('unet/diffusion_pytorch_model.safetensors').equals(weights)).toBe(true);
    expect(hub.sentBytes).toBeLessThan(1.5 * weights.length);
  });

  it('goes on where an earlier pull was stopped', async () => {
    const control = new AbortController();
    const stopped = await request(
      { cuts: [] },
      { onProgress: (done) => (done > 500_000 ? control.abort(new Error('stopped')) : undefined) },
    );
    await expect(pull({ ...stopped, access: { ...stopped.access, signal: control.signal } })).rejects.toThrow(
      'stopped',
    );
    const parts = readdirSync(join(folder, 'unet')).filter((name) => name.endsWith('.part'));
    expect(parts).toHaveLength(1);
    expect(pulledBefore(stopped)).toBeUndefined();
    const part = join(folder, 'unet', parts[0] ?? '');
    truncateSync(part, 1_000_000);
    writeFileSync(part, weights.subarray(0, 2_500_000));
    hub.sentBytes = 0;
    await pull({ ...stopped, onProgress: () => undefined });
    expect(hub.sentBytes).toBeLessThan(600_000);
    expect(bytesOf('unet/diffusion_pytorch_model.safetensors').equals(weights)).toBe(true);
  });

  it('gives no file its name whose bytes are not those listed', async () => {
    const asked = await request({ damaged: 'unet/diffusion_pytorch_model.safetensors' });
    await expect(pull(asked)).rejects.toMatchObject({ code: 'HUB_FILE_DAMAGED', fault: 'user' });
    expect(readdirSync(join(folder, 'unet'))).toEqual(['config.json']);
    expect(pulledBefore(asked)).toBeUndefined();
  });

  it('takes no more of a file than is listed', async () => {
    const progress: [number, number][] = [];
    const onProgress = (...figures: [number, number]): unknown => progress.push(figures);
    const overlong = 'unet/diffusion_pytorch_model.safetensors';
    const asked = await request({ overlong }, { onProgress });
    await expect(pull(asked)).rejects.toMatchObject({ code: 'HUB_FILE_DAMAGED', fault: 'user' });
    expect(progress.filter(([done, total]) => done > total)).toEqual([]);
    expect(readdirSync(join(folder, 'unet'))).toEqual(['config.json']);
  });

  it('knows offline what it pulled before, and whether it is whole', async () => {
    const asked = await request();
    await pull(asked);
    expect(pulledBefore(asked)).toMatchObject({ commit: hub.commit, complete: true });
    expect(pulledBefore({ ...asked, variant: 'fp16' })).toBeUndefined();
    truncateSync(join(folder, 'unet/diffusion_pytorch_model.safetensors'), 10);
    expect(pulledBefore(asked)).toBeUndefined();
  });

  it.each([
    '../outside.json',
    '/etc/outside.json',
    'unet/../../outside.json',
    'a\\..\\b.json',
    'C:x.json',
    'a//b.json',
    'CON',
    'unet/aux.json',
    'unet/NUL .tar.json',
    'com1/config.json',
    'unet./config.json',
    'unet /config.json',
    ' unet/config.json',
    'config.json\n',
    'a\u0000.json',
    'a\u009b2J.json',
    'nosj.\u202eexe.json',
    'a\u2066b.json',
    'a?.json',
    'a\ud800.json',
    `${'a'.repeat(256)}.json`,
  ])('writes nothing of a repository with a file named %s', async (extraName) => {
    await expect(pull(await request({ extraName }))).rejects.toMatchObject({ code: 'HUB_NAME_UNSAFE' });
    expect(existsSync(folder)).toBe(false);
  });

  it('says what is wrong with the request', async () => {
    const asked = await request({ token: 'hf_secret' });
    const coded = (code: string): object => expect.objectContaining({ code, fault: 'user' }) as object;
    await expect(pull({ ...asked, repository: 'model' })).rejects.toThrow(coded('PULL_NAME_INVALID'));
    await expect(pull(asked)).rejects.toThrow(coded('HUB_FORBIDDEN'));
    const bad = { ...asked.access, token: 'secret' };
    await expect(pull({ ...asked, access: bad })).rejects.toThrow(coded('HUB_TOKEN_INVALID'));
    const access = { ...asked.access, token: 'hf_secret' };
    await expect(pull({ ...asked, access, repository: 'no/model' })).rejects.toThrow(coded('HUB_NOT_FOUND'));
    await expect(pull({ ...asked, access, variant: 'bf16' })).rejects.toMatchObject({
      code: 'HUB_NO_WEIGHTS',
      hint: 'add --variant fp16',
    });
    await expect(pull({ ...asked, access: { url: 'http://127.0.0.1:2' } })).rejects.toThrow(
      coded('HUB_UNREACHABLE'),
    );
    await pull({ ...asked, access });
    await expect(pull({ ...asked, access, repository: 'other/model' })).rejects.toThrow(
      coded('PULL_FOLDER_TAKEN'),
    );
  });
});
