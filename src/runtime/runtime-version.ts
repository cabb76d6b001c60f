import { createRequire } from 'node:module';
import { z } from 'zod';

const packageSchema = z.object({ version: z.string() });

/** The version of ONNX Runtime, without loading it. */
export function runtimeVersion(): string {
  const require = createRequire(import.meta.url);
  return packageSchema.parse(require('onnxruntime-node/package.json')).version;
}
