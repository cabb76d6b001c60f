import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { vectorExtensionsOf } from '../../src/cli/compose/describe-machine.js';
import type { Examination } from '../../src/cli/views/examination-view.js';
import { recordCli } from './recorded-cli.js';
import { webGpuAvailable } from '../support/webgpu.js';

describe('doctor', () => {
  it('tries every provider and goes by the CPU', { timeout: 120_000 }, async () => {
    const { status, output } = await recordCli(['doctor', '--json'], tmpdir());
    const { machine, devices } = JSON.parse(output) as Examination;
    expect(status).toBe(0);
    expect(machine).toMatchObject({ snapevo: '1.2.3', node: process.versions.node });
    expect(devices.find(({ device }) => device === 'cpu')?.probe).toEqual({ outcome: 'works' });
    const webgpu = devices.find(({ device }) => device === 'webgpu');
    if (webGpuAvailable()) expect(webgpu?.probe).toEqual({ outcome: 'works' });
  });

  it('ends with status 1 where a device that is counted on is not there', { timeout: 120_000 }, async () => {
    const { status, output, notes } = await recordCli(['doctor', 'nonesuch'], tmpdir());
    expect(status).toBe(1);
    expect(output).toMatch(/^cpu: works$/m);
    expect(output).toMatch(/^nonesuch: failed: /m);
    expect(notes).toContain('DOCTOR_DEVICE_FAULTY');
    expect(notes).not.toContain('fault in SnapEvo');
  });

  it('refuses what is no device', async () => {
    expect((await recordCli(['doctor', 'cpu:3'], tmpdir())).status).toBe(2);
  });
});

describe('the extensions of a CPU', () => {
  it('are those of the first processor', () => {
    const text = 'model name\t: X\nflags\t\t: fpu sse2 avx avx2 avx512f fma\nflags\t\t: amx_tile\n';
    expect(vectorExtensionsOf(text)).toEqual(['avx', 'avx2', 'avx512f', 'fma']);
    expect(vectorExtensionsOf('')).toEqual([]);
  });
});
