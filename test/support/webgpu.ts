import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/** SwiftShader, a Vulkan driver that needs no GPU, where Debian's `chromium-common` puts it. */
const debianSwiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** The loader through which ONNX Runtime's WebGPU provider finds a driver; Debian's `libvulkan1`. */
const vulkanLoader = 'libvulkan.so.1';
const libraryFolders = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib64',
  '/usr/lib',
  ...(process.env['LD_LIBRARY_PATH'] ?? '').split(':').filter((folder) => folder !== ''),
];

/**
 * Whether tests can make sessions on the `webgpu` execution provider here. Looks at files only and changes nothing.
 *
 * Use as `it.runIf(webGpuAvailable())(...)`. To get it on Debian or Ubuntu:
 * `apt-get install --no-install-recommends chromium-common libvulkan1`.
 */
export function webGpuAvailable(): boolean {
  return (
    findDriver() !== undefined && libraryFolders.some((folder) => existsSync(join(folder, vulkanLoader)))
  );
}

/** The environment variables under which the driver is found; none where there is no driver. For vitest.config.ts. */
export function webGpuEnvironment(): Record<string, string> {
  const driver = findDriver();
  if (driver === undefined) return {};
  return { VK_ICD_FILENAMES: driver, XDG_RUNTIME_DIR: process.env['XDG_RUNTIME_DIR'] ?? tmpdir() };
}

/** The file that describes the driver: the user's choice if there is one, else SwiftShader. */
function findDriver(): string | undefined {
  const chosen = process.env['VK_ICD_FILENAMES'] ?? debianSwiftShader;
  return existsSync(chosen) ? chosen : undefined;
}
