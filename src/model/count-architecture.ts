import type { Architecture } from '../architecture/architecture.js';
import { rootOf } from '../architecture/block.js';
import { parameterCount } from './parameter-count.js';
import { unetArchitecture } from './unet-architecture.js';
import type { UNetConfig } from './unet-config.js';
import { unetParameters } from './unet.js';

/**
 * Counts the parameters of a UNet's architectures. A search asks for each of its candidates, and recording a network's parameters
 * builds it: so they are recorded twice, with all blocks and with none, and the rest is adding up. A copy has as many as its root.
 */
export function architectureCounter(config: UNetConfig): (architecture: Architecture) => number {
  const original = unetArchitecture(config);
  const bare = unetParameters(config, {
    ...original,
    blocks: original.blocks.map((block) => ({ ...block, present: false })),
  });
  const left = new Set(bare.map(({ name }) => name));
  const own = unetParameters(config, original).filter(({ name }) => !left.has(name));
  const sizes = new Map(
    original.blocks.map(({ id }) => [
      id,
      parameterCount(own.filter(({ name }) => name.startsWith(`${id}.`))),
    ]),
  );
  const bareCount = parameterCount(bare);
  return ({ blocks }) =>
    blocks.reduce(
      (count, { id, present }) => (present ? count + (sizes.get(rootOf(id)) ?? 0) : count),
      bareCount,
    );
}
