import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyBlock, quantizeBlock, removeBlock } from '../../src/architecture/architecture.js';
import { canonicalForm, hashArchitecture, parseArchitecture } from '../../src/architecture/canonical-form.js';
import { SnapEvoError } from '../../src/errors/snapevo-error.js';
import { arbitraryArchitecture, arbitraryWalk, smallUnet } from '../support/architectures.js';

const evolved = removeBlock(copyBlock(smallUnet, 'mid_block.attentions.0'), 'down_blocks.0.resnets.1');
const shortWalk = arbitraryWalk(2);
const EVOLVED_TEXT = `snapevo-architecture 1
base small-unet
stage down_blocks.0
  present resnet down_blocks.0.resnets.0
  present cross-attention down_blocks.0.attentions.0
  skipped resnet down_blocks.0.resnets.1
  present cross-attention down_blocks.0.attentions.1
stage mid_block
  present resnet mid_block.resnets.0
  present cross-attention mid_block.attentions.0
  present cross-attention mid_block.attentions.0+1 copy-of mid_block.attentions.0
  present resnet mid_block.resnets.1
stage up_blocks.0
  present resnet up_blocks.0.resnets.0 changes-channels
  present cross-attention up_blocks.0.attentions.0
`;

describe('the canonical form', () => {
  it('reads like this', () => {
    expect(canonicalForm(evolved)).toBe(EVOLVED_TEXT);
  });

  it('tells of weights of int8', () => {
    const quantized = quantizeBlock(smallUnet, 'mid_block.attentions.0');
    const text = canonicalForm(quantized);
    expect(text).toContain('\n  present cross-attention mid_block.attentions.0 int8\n');
    expect(parseArchitecture(text)).toEqual(quantized);
    expect(parseArchitecture(canonicalForm(copyBlock(quantized, 'mid_block.attentions.0')))).toEqual(
      copyBlock(quantized, 'mid_block.attentions.0'),
    );
    expect(() => parseArchitecture(text.replace(/present( \S+ \S+ int8)/, 'skipped$1'))).toThrow(
      expect.objectContaining({ code: 'ARCHITECTURE_INVALID' }),
    );
  });

  it('has a hash that never changes', () => {
    expect(hashArchitecture(evolved)).toMatchInlineSnapshot(
      `"f86bbb24c593f596868f0232d32ba5ddc18e2a413de3896cb218f5787f3a0197"`,
    );
  });

  it('round-trips', () => {
    fc.assert(
      fc.property(arbitraryArchitecture, (architecture) => {
        expect(parseArchitecture(canonicalForm(architecture))).toEqual(architecture);
      }),
    );
  });

  it('and the hash are equal exactly when the architectures are', () => {
    fc.assert(
      fc.property(shortWalk, shortWalk, ({ end: one }, { end: other }) => {
        const equal = JSON.stringify(one.blocks.map(sorted)) === JSON.stringify(other.blocks.map(sorted));
        expect(canonicalForm(one) === canonicalForm(other)).toBe(equal);
        expect(hashArchitecture(one) === hashArchitecture(other)).toBe(equal);
      }),
      { numRuns: 300 },
    );
  });
});

describe('hostile text', () => {
  const lines = EVOLVED_TEXT.split('\n');
  const without = (text: string): string => lines.filter((line) => !line.includes(text)).join('\n');

  it.each([
    ['nothing', ''],
    ['another version', EVOLVED_TEXT.replace('1', '2')],
    ['no base', without('base ')],
    ['two bases', EVOLVED_TEXT.replace('base small-unet', 'base small unet')],
    ['no last newline', EVOLVED_TEXT.trimEnd()],
    ['one newline more', `${EVOLVED_TEXT}\n`],
    ['Windows line ends', EVOLVED_TEXT.replaceAll('\n', '\r\n')],
    ['a block before its stage', without('stage down_blocks.0')],
    ['a stage twice', EVOLVED_TEXT.replace('stage mid_block', 'stage down_blocks.0\nstage mid_block')],
    ['a block twice', EVOLVED_TEXT.replace('resnets.1', 'resnets.0')],
    ['an unknown kind', EVOLVED_TEXT.replace('resnet ', 'convnet ')],
    ['a skipped copy', EVOLVED_TEXT.replace(/present(.*\+1)/, 'skipped$1')],
    ['a copy without its source', EVOLVED_TEXT.replace(/ copy-of .*/, '')],
    ['a copy of itself', EVOLVED_TEXT.replace(/copy-of (.*)/, 'copy-of $1+1')],
    ['a copy of a stranger', EVOLVED_TEXT.replace(/copy-of .*/, 'copy-of mid_block.resnets.0')],
    ['a copy without its root', EVOLVED_TEXT.replace(/ {2}present .*mid_block\.attentions\.0\n/, '')],
    ['a path that climbs', EVOLVED_TEXT.replace('resnets.0', '../resnets.0')],
    ['an empty stage', `${EVOLVED_TEXT}stage empty\n`],
  ])('is refused: %s', (_what, text) => {
    expect(() => parseArchitecture(text)).toThrow(expect.objectContaining({ code: 'ARCHITECTURE_INVALID' }));
  });

  it('of any kind is either canonical or refused with an error of ours', () => {
    const mutated = fc
      .tuple(fc.nat(EVOLVED_TEXT.length), fc.nat(8), fc.string({ maxLength: 8 }))
      .map(([at, cut, insert]) => EVOLVED_TEXT.slice(0, at) + insert + EVOLVED_TEXT.slice(at + cut));
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string()), (text) => {
        try {
          expect(canonicalForm(parseArchitecture(text))).toBe(text);
        } catch (error) {
          if (!(error instanceof SnapEvoError)) throw error;
          expect(error.code).toBe('ARCHITECTURE_INVALID');
        }
      }),
      { numRuns: 500 },
    );
  });
});

function sorted(record: object): [string, unknown][] {
  return Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1));
}
