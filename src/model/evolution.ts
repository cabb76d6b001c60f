import type { Architecture } from '../architecture/architecture.js';
import { assembleArchitecture } from '../architecture/architecture.js';
import { canonicalForm, hashArchitecture, parseArchitecture } from '../architecture/canonical-form.js';
import { z } from 'zod';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { parseJsonObject } from './parse-config.js';
import { unetArchitecture } from './unet-architecture.js';
import { parseUNetConfig, type UNetConfig } from './unet-config.js';

/** The field of a UNet's `config.json` that tells how it evolved; diffusers passes over fields that begin with `_`. */
export const evolutionField = '_snapevo';

/** What that field holds. */
interface EvolutionRecord {
  /** In its canonical form. */
  readonly architecture: string;
  readonly hash: string;
  /** Fields of the pretrained configuration, where the file's own describe what is left of it. */
  readonly pretrained: Readonly<Record<string, unknown>>;
}

const recordSchema = z.strictObject({
  architecture: z.string(),
  hash: z.string(),
  pretrained: z.record(z.string(), z.unknown()),
});

/**
 * The field's content for an architecture.
 * @param pretrained fields of the pretrained configuration that are written otherwise in the file
 */
export function evolutionRecord(
  architecture: Architecture,
  pretrained: EvolutionRecord['pretrained'],
): EvolutionRecord {
  return { architecture: canonicalForm(architecture), hash: hashArchitecture(architecture), pretrained };
}

/**
 * The pretrained configuration of a UNet that may have evolved since: what its architecture's blocks are those of.
 * @throws SnapEvoError as `parseUNetConfig` does, and `EVOLUTION_INVALID`
 */
export function parsePretrainedUNet(text: string, where: string): UNetConfig {
  const record = readRecord(text, where);
  if (record === undefined) return parseUNetConfig(text, where);
  const file = parseJsonObject(text, where, 'UNet2DConditionModel');
  return parseUNetConfig(JSON.stringify({ ...file, ...record.pretrained }), where);
}

/**
 * The architecture of a UNet's folder: the one recorded in its configuration, or else the configuration's own, with every block present.
 * @param config the pretrained configuration, as {@link parsePretrainedUNet} gives it
 * @throws SnapEvoError `EVOLUTION_INVALID`, `ARCHITECTURE_INVALID`
 */
export function storedArchitecture(
  config: UNetConfig,
  text: string,
  where = 'unet/config.json',
): Architecture {
  const original = unetArchitecture(config);
  const record = readRecord(text, where);
  if (record === undefined) return original;
  const { blocks } = parseArchitecture(record.architecture);
  return assembleArchitecture(original.base, blocks);
}

function readRecord(text: string, where: string): EvolutionRecord | undefined {
  const file = parseJsonObject(text, where, 'UNet2DConditionModel') as Record<string, unknown>;
  if (!Object.hasOwn(file, evolutionField)) return undefined;
  const { data } = recordSchema.safeParse(file[evolutionField]);
  const found = data === undefined ? undefined : hashArchitecture(parseArchitecture(data.architecture));
  if (data !== undefined && found === data.hash) return data;
  throw new SnapEvoError({
    code: 'EVOLUTION_INVALID',
    message: `expected "${evolutionField}" to hold an architecture with its hash and the pretrained fields, found something else or another hash`,
    where,
    hint: 'export the model again: this file was changed after `snapevo export` wrote it',
  });
}
