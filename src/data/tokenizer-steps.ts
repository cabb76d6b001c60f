import { z } from 'zod';
import { describeFound } from '../errors/describe-found.js';
import { clipWordPattern } from './clip-pre-tokenizer.js';

/** How many steps a text may go through: each is another walk over it. */
const MAX_STEPS = 20;

/** Words as byte-pair tokenizers in use have them: CLIP's, CLIP's before transformers 5, GPT-2's, Llama 3's and Qwen 2's. */
const wordPatterns = [
  clipWordPattern,
  "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
] as const;

const blankPatterns = ['\\s+', ' {2,}', ' +'] as const;

/** Regular expressions are compared, never understood: a stranger's own could take without end (`(a+)+$`). */
const regex = z.enum([...wordPatterns, ...blankPatterns], {
  error: ({ input }) =>
    `expected a regular expression of CLIP's, GPT-2's, Llama 3's or Qwen 2's tokenizer, found ${describeFound(input)}`,
});

/** A text, or a regular expression. */
const pattern = z.union(
  [z.strictObject({ String: z.string().min(1).max(64) }), z.strictObject({ Regex: regex })],
  {
    error: ({ input }) => `expected a pattern that is known, found ${describeFound(input)}`,
  },
);

/** What replaces is never longer, so that no file makes a text grow without end. */
const replacement = z
  .object({ type: z.literal('Replace'), pattern, content: z.string() })
  .refine(
    ({ pattern: replaced, content }) => content.length <= ('String' in replaced ? replaced.String.length : 1),
    'expected a replacement that is no longer than what it replaces',
  );

const oneOf =
  (what: string) =>
  ({ input }: { readonly input: unknown }) =>
    `expected ${what} that is known, found ${describeFound(input)}`;

const normalizerSteps = [
  z.object({ type: z.enum(['NFC', 'NFD', 'NFKC', 'NFKD', 'Lowercase', 'StripAccents']) }),
  z.object({ type: z.literal('Strip'), strip_left: z.boolean(), strip_right: z.boolean() }),
  z.object({ type: z.literal('Prepend'), prepend: z.string().max(16) }),
  replacement,
] as const;
const normalizerStep = z.discriminatedUnion('type', normalizerSteps, { error: oneOf('a normalizer') });

/** What is done to a text before it is split: a step, or a sequence of steps. */
export const normalizerSchema = z.discriminatedUnion(
  'type',
  [
    ...normalizerSteps,
    z.object({ type: z.literal('Sequence'), normalizers: z.array(normalizerStep).max(MAX_STEPS) }),
  ],
  { error: oneOf('a normalizer') },
);

export type Normalizer = z.infer<typeof normalizerSchema>;

const flag = z.boolean().optional();

const preTokenizerSteps = [
  z.object({ type: z.enum(['Whitespace', 'WhitespaceSplit', 'BertPreTokenizer', 'Punctuation']) }),
  z.object({ type: z.literal('ByteLevel'), add_prefix_space: flag, use_regex: flag }),
  z.object({ type: z.literal('Digits'), individual_digits: flag }),
  z.object({
    type: z.literal('Metaspace'),
    replacement: z.string().length(1).optional(),
    prepend_scheme: z.enum(['always', 'first', 'never']).optional(),
  }),
  z.object({
    type: z.literal('Split'),
    pattern,
    behavior: z.enum(['Removed', 'Isolated']).optional(),
    invert: flag,
  }),
] as const;
const preTokenizerStep = z.discriminatedUnion('type', preTokenizerSteps, {
  error: oneOf('a pre-tokenizer'),
});

/** What splits a text into words: a step, or a sequence of steps. */
export const preTokenizerSchema = z.discriminatedUnion(
  'type',
  [
    ...preTokenizerSteps,
    z.object({ type: z.literal('Sequence'), pretokenizers: z.array(preTokenizerStep).max(MAX_STEPS) }),
  ],
  { error: oneOf('a pre-tokenizer') },
);
