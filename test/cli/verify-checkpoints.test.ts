import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyCheckpoints } from '../../src/cli/verify-run/verify-checkpoints.js';
import type { RunKind } from '../../src/store/run-record.js';
import { folderWith } from '../data/fixtures.js';

const record = {
  file: 'unet.safetensors',
  sha256: '0'.repeat(64),
  sizeBytes: 0,
  step: 10,
  kind: 'unet-training-state',
} as const;

/** What is said of the checkpoint that `place` puts at a path. */
async function messagesOf(place: (path: string) => void, kind: RunKind): Promise<readonly string[]> {
  const folder = folderWith({});
  place(join(folder, record.file));
  const findings = await verifyCheckpoints([record], folder, kind, new AbortController().signal);
  return findings.map(({ message }) => message);
}

describe.each(['search', 'pretrain'] as const)('a checkpoint of a %s', (kind) => {
  it('that is a folder is a finding', async () => {
    expect(await messagesOf(mkdirSync, kind)).toEqual(['expected a file of 0 bytes, found none']);
  });

  it('that the system does not look up is a finding', async () => {
    const [message] = await messagesOf((path) => {
      symlinkSync(path, path);
    }, kind);
    expect(message).toMatch(/^expected a file of 0 bytes, found that it can't be read: ELOOP/);
  });

  // A file that is there and of the right size, and whose bytes can't be read.
  it.runIf(process.platform === 'linux')('that the disk does not read is a finding', async () => {
    const [message] = await messagesOf((path) => {
      symlinkSync('/proc/self/mem', path);
    }, kind);
    expect(message).toMatch(/^expected a file of 0 bytes, found that it can't be read: EIO/);
  });
});
