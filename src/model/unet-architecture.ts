import { createHash } from 'node:crypto';
import { originalArchitecture, type Architecture } from '../architecture/architecture.js';
import type { UNetConfig } from './unet-config.js';
import { unetBlocks } from './unet-layout.js';

/** The pretrained network of a configuration: every block present, its base named by a hash of the configuration. */
export function unetArchitecture(config: UNetConfig): Architecture {
  const hash = createHash('sha256').update(JSON.stringify(config)).digest('hex');
  return originalArchitecture(`unet-${hash.slice(0, 16)}`, unetBlocks(config));
}
