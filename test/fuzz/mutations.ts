import fc from 'fast-check';

/** Changes of bytes: each takes what is there, and two numbers and some bytes of chance. */
const byteEdits: readonly ((bytes: Buffer, at: number, length: number, noise: Buffer) => Buffer)[] = [
  (bytes, at) => bytes.subarray(0, at),
  (bytes, at, length) => bytes.subarray(Math.min(at, length)),
  (bytes, at, length) => changed(bytes, (copy) => copy.writeUInt8((copy[at] ?? 0) ^ (1 << (length % 8)), at)),
  (bytes, at, _, noise) => changed(bytes, (copy) => copy.set(noise.subarray(0, bytes.length - at), at)),
  (bytes, at, _, noise) => Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]),
  (bytes, at, length) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]),
  (bytes, at, length) => Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]),
  (bytes, at) => changed(bytes, (copy) => copy.subarray(at, at + 8).fill(0xff)),
  (bytes, at) => changed(bytes, (copy) => copy.subarray(at, at + 4).fill(0)),
  (bytes, at) => Buffer.concat([bytes.subarray(at), bytes.subarray(0, at)]),
];

function changed(bytes: Buffer, change: (copy: Buffer) => unknown): Buffer {
  if (bytes.length === 0) return bytes;
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}

const byteEdit = fc.tuple(
  fc.nat(byteEdits.length - 1),
  fc.nat(2 ** 20),
  fc.oneof(fc.nat(8), fc.nat(2 ** 10)),
  fc.uint8Array({ maxLength: 16 }),
);

/** A valid sample's bytes after a few changes: cut, flipped, overwritten, spliced, doubled. */
export function mutatedBytes(sample: Uint8Array): fc.Arbitrary<Buffer> {
  return fc.array(byteEdit, { minLength: 1, maxLength: 6 }).map((edits) =>
    edits.reduce((bytes: Buffer, [kind, at, length, noise]) => {
      const edit = byteEdits[kind];
      if (edit === undefined || bytes.length === 0) return Buffer.from(noise);
      return edit(bytes, at % bytes.length, length, Buffer.from(noise));
    }, Buffer.from(sample)),
  );
}

const deep = (open: string, close: string, levels: number): string =>
  open.repeat(levels) + close.repeat(levels);

/** Values as JSON writes them, and some that only look like it. */
const hostileJson: readonly string[] = [
  ...[
    'null',
    'true',
    'false',
    '0',
    '-1',
    '-0',
    '1.5',
    '1e308',
    '1e999',
    '-1e999',
    '1e-999',
    '9007199254740993',
  ],
  ...[
    '2147483648',
    '4294967296',
    '18446744073709551616',
    `1${'0'.repeat(400)}`,
    '0x10',
    'NaN',
    'Infinity',
    'nul',
  ],
  ...[
    '""',
    '"a"',
    '"unclosed',
    '"\\u0000"',
    '"\\ud800"',
    '"\\u202e"',
    '"\\u001b[2J"',
    `"${'x'.repeat(10_000)}"`,
  ],
  ...['"../../canary"', '"/etc/passwd"', '"C:\\\\x"', '"__proto__"', '"constructor"', '"toString"'],
  ...[
    '[]',
    '{}',
    '[[]]',
    '[null]',
    '{"a":1,"a":2}',
    '{"__proto__":{"x":1}}',
    '{"toString":1}',
    '{"length":1e9}',
  ],
  ...[
    deep('[', ']', 60),
    deep('[', ']', 70),
    deep('[', ']', 5_000),
    deep('{"a":', '}', 5_000),
    '['.repeat(5_000),
  ],
  ...[`[${'0,'.repeat(5_000)}0]`, `[${'"x",'.repeat(500)}1]`, '[1,2', '{"a"'],
];

const hostileKeys = [
  '__proto__',
  'constructor',
  'toString',
  '',
  '\0',
  'x'.repeat(10_000),
  'type',
  'length',
  'a.b',
];

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
const jsonEdit = fc.record({
  place: fc.nat(2 ** 16),
  kind: fc.constantFrom('value', 'value', 'value', 'other', 'remove', 'key', 'double', 'wrap'),
  raw: fc.nat(hostileJson.length - 1),
  key: fc.constantFrom(...hostileKeys),
  other: fc.nat(2 ** 16),
});
type JsonEdit = typeof jsonEdit extends fc.Arbitrary<infer Edit> ? Edit : never;

/** A valid value's JSON after a few changes: hostile values, keys that are gone, doubled or renamed, parts in each other's places. */
export function mutatedJson(sample: unknown): fc.Arbitrary<string> {
  return fc
    .array(jsonEdit, { maxLength: 4 })
    .map((edits) => edits.reduce((text, edit, index) => editJson(text, edit, index), JSON.stringify(sample)));
}

/** Any JSON at all. */
const anyJson = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify(value));

/** As {@link mutatedJson}, now and then with bytes changed too, or something else altogether. */
export function hostileJsonBytes(...samples: readonly unknown[]): fc.Arbitrary<Buffer> {
  const texts = samples.map((sample) => mutatedJson(sample).map((text) => Buffer.from(text)));
  const bytes = samples.map((sample) => mutatedBytes(Buffer.from(JSON.stringify(sample))));
  return fc.oneof(
    { weight: 12, arbitrary: fc.oneof(...texts) },
    { weight: 4, arbitrary: fc.oneof(...bytes) },
    { weight: 1, arbitrary: anyJson.map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: anyBytes },
  );
}

export const anyBytes = fc.uint8Array({ maxLength: 256 }).map((bytes) => Buffer.from(bytes));

/** After an edit a text may be no JSON any more, or too deep for these functions: then it is spliced. */
function editJson(text: string, edit: JsonEdit, index: number): string {
  try {
    return editValue(JSON.parse(text) as Json, edit, `@@${index}@@`);
  } catch {
    return text.slice(0, edit.place % (text.length + 1)) + text.slice(edit.other % (text.length + 1));
  }
}

function editValue(value: Json, edit: JsonEdit, mark: string): string {
  const paths = pathsOf(value);
  const path = paths[edit.place % paths.length] ?? [];
  const other = (): Json => at(value, paths[edit.other % paths.length] ?? []);
  const replaced = replaceAt(value, path, (old) => changeValue(old, edit, mark, other));
  const doubled = JSON.stringify(path.at(-1) ?? 'a');
  return JSON.stringify(replaced ?? null)
    .replace(`"${mark}":`, () => `${doubled}:`)
    .replace(`"${mark}"`, () => hostileJson[edit.raw] ?? 'null');
}

function changeValue(old: Json, edit: JsonEdit, mark: string, other: () => Json): Json | undefined {
  switch (edit.kind) {
    case 'value':
      return mark;
    case 'other':
      return other();
    case 'remove':
      return undefined;
    case 'wrap':
      return edit.raw % 2 === 0 ? [old] : { [edit.key]: old };
    case 'key':
      return isObject(old) ? { ...old, [edit.key]: mark } : mark;
    case 'double':
      return isObject(old)
        ? { ...old, [mark]: null }
        : Array.isArray(old)
          ? [...(old as Json[]), ...(old as Json[])]
          : old;
  }
}

function isObject(
  value: Json | undefined,
): value is Exclude<Json, null | boolean | number | string | readonly Json[]> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Keys to every value inside, the value itself first. Depth is that of {@link hostileJson} at most, which JSON.parse passes. */
function pathsOf(root: Json): readonly (readonly string[])[] {
  const paths: string[][] = [];
  const open: [Json, string[]][] = [[root, []]];
  for (let next = open.shift(); next !== undefined && paths.length < 2_000; next = open.shift()) {
    const [value, path] = next;
    paths.push(path);
    if (typeof value === 'object' && value !== null && path.length < 8)
      for (const [key, child] of Object.entries(value)) open.push([child, [...path, key]]);
  }
  return paths;
}

function at(root: Json, path: readonly string[]): Json {
  return path.reduce<Json>((value, key) => (value as Record<string, Json>)[key] ?? null, root);
}

function replaceAt(
  value: Json,
  path: readonly string[],
  change: (old: Json) => Json | undefined,
): Json | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return change(value);
  if (Array.isArray(value))
    return (value as Json[]).map((item, i) =>
      String(i) === key ? (replaceAt(item, rest, change) ?? null) : item,
    );
  const entries = Object.entries(value as Record<string, Json>);
  return Object.fromEntries(
    entries.flatMap(([name, held]) => {
      const next = name === key ? replaceAt(held, rest, change) : held;
      return next === undefined ? [] : [[name, next]];
    }),
  );
}

/** Names of files as strangers may write them: plain ones, and ones that lead elsewhere or confuse. */
export const hostileName: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'a.png',
        'in',
        'out',
        'canary',
        '.',
        '..',
        '',
        '/',
        '\\',
        '\0',
        ' ',
        'CON',
        'nul.txt',
        'C:',
        '~',
        '%2e%2e',
      ),
      fc.constantFrom(
        '\u202e',
        '\u2066',
        '\ud800',
        '\n',
        '\u001b[2J',
        'x'.repeat(300),
        'con',
        'a.',
        ' a',
        '*',
        '|',
      ),
      fc.string({ maxLength: 8 }),
    ),
    { maxLength: 6 },
  )
  .chain((parts) => fc.constantFrom('/', '\\', '', '//').map((separator) => parts.join(separator)));
