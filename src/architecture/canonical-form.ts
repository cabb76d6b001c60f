import { createHash } from 'node:crypto';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { assembleArchitecture } from './architecture.js';
import type { Architecture, PlacedBlock } from './architecture.js';
import { MAX_BLOCKS } from './check-blocks.js';

const HEADER = 'snapevo-architecture 1';
const BASE_LINE = /^base (\S+)$/;
const STAGE_LINE = /^stage (\S+)$/;
const BLOCK_LINE =
  /^ {2}(present|skipped) (cross-attention|resnet) (\S+?)( changes-channels)?( copy-of (\S+))?( int8)?$/;

/** The longest text that a valid architecture can have, generously. */
const MAX_LENGTH = MAX_BLOCKS * 1_000;

/**
 * The one text of an architecture: equal architectures have equal texts, and {@link parseArchitecture} reads it.
 * ```
 * snapevo-architecture 1
 * base sd-v1.5
 * stage down_blocks.0
 *   present resnet down_blocks.0.resnets.0
 *   skipped cross-attention down_blocks.0.attentions.0
 * ```
 */
export function canonicalForm(architecture: Architecture): string {
  const lines = [HEADER, `base ${architecture.base}`];
  let stage: string | undefined;
  for (const block of architecture.blocks) {
    if (block.stage !== stage) lines.push(`stage ${block.stage}`);
    stage = block.stage;
    lines.push(blockLine(block));
  }
  return `${lines.join('\n')}\n`;
}

/** SHA-256 of the canonical form, 64 hexadecimal digits. */
export function hashArchitecture(architecture: Architecture): string {
  return createHash('sha256').update(canonicalForm(architecture)).digest('hex');
}

/**
 * Reads a canonical form back.
 * @throws SnapEvoError `ARCHITECTURE_INVALID` for anything that {@link canonicalForm} would not have written
 */
export function parseArchitecture(text: string): Architecture {
  if (text.length > MAX_LENGTH) throw malformed(1, `${text.length} characters are too many`);
  const [header, baseLine, ...rest] = text.split('\n');
  if (header !== HEADER) throw malformed(1, `expected "${HEADER}"`);
  const base = BASE_LINE.exec(baseLine ?? '')?.[1];
  if (base === undefined) throw malformed(2, 'expected "base <identity>"');
  const architecture = assembleArchitecture(base, parseBlocks(rest));
  if (canonicalForm(architecture) !== text) throw malformed(3, 'it is not in canonical form');
  return architecture;
}

function blockLine(block: PlacedBlock): string {
  const words = [`  ${block.present ? 'present' : 'skipped'}`, block.kind, block.id];
  if (block.changesChannels) words.push('changes-channels');
  if (block.source !== undefined) words.push('copy-of', block.source);
  if (block.precision !== undefined) words.push(block.precision);
  return words.join(' ');
}

function parseBlocks(lines: readonly string[]): PlacedBlock[] {
  const blocks: PlacedBlock[] = [];
  let stage: string | undefined;
  for (const [index, line] of lines.entries()) {
    if (line === '' && index === lines.length - 1) break;
    const named = STAGE_LINE.exec(line)?.[1];
    if (named === undefined) blocks.push(parseBlock(line, stage, index + 3));
    else stage = named;
  }
  return blocks;
}

function parseBlock(line: string, stage: string | undefined, lineNumber: number): PlacedBlock {
  const [, presence, kind, id, changesChannels, , source, precision] = BLOCK_LINE.exec(line) ?? [];
  if (stage === undefined || id === undefined || (kind !== 'cross-attention' && kind !== 'resnet')) {
    throw malformed(
      lineNumber,
      'expected a stage, or a block such as "  present resnet mid_block.resnets.0"',
    );
  }
  return {
    id,
    kind,
    stage,
    changesChannels: changesChannels !== undefined,
    present: presence === 'present',
    ...(source === undefined ? {} : { source }),
    ...(precision === undefined ? {} : { precision: 'int8' }),
  };
}

function malformed(lineNumber: number, message: string): SnapEvoError {
  return new SnapEvoError({
    code: 'ARCHITECTURE_INVALID',
    message: `the text is not an architecture: ${message}`,
    where: `line ${lineNumber}`,
    hint: 'it has to be what canonicalForm wrote, unchanged',
  });
}
