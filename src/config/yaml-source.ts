import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, Node } from 'yaml';
import { ConfigError, type ConfigProblem } from './config-error.js';
import { requireShallow } from './yaml-depth.js';

/** Keys and list indices from the top of a config. */
export type ConfigPath = readonly (string | number)[];

/** A parsed YAML file that knows where everything in it stands. */
export interface YamlSource {
  readonly file: string;
  /** Plain data; an empty file gives null. */
  readonly value: unknown;
  /** `file:line:column` of the value at a path, or of the nearest section around it that is written down. */
  locate(path: ConfigPath): string;
  /** `file:line:column` of a key; undefined where it is not written down. */
  locateKey(path: ConfigPath): string | undefined;
}

/** A config of ours needs a handful; many more are a bomb (a few lines that expand to gigabytes). */
const MAX_ALIASES = 100;

/**
 * Parses YAML 1.2.
 * @param file name for messages
 * @throws ConfigError with every syntax error, unknown tag, repeated key, nesting without end, and aliases that multiply without end
 */
export function parseYaml(text: string, file: string): YamlSource {
  refusing(file, () => {
    requireShallow(text);
  });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const flaws = [...document.errors, ...document.warnings, ...danglingAliases(document)];
  if (flaws.length > 0) {
    throw new ConfigError(
      file,
      flaws.map(({ message, pos }) => yamlProblem(at(pos[0]), inOurWords(message))),
    );
  }
  return {
    file,
    value: toPlain(document, file),
    locate: (path) => at(nodeStart(nearestNode(document, path))),
    locateKey: (path) => {
      const key = findKey(document, path);
      return key === undefined ? undefined : at(nodeStart(key));
    },
  };
}

/** What the parser tells programmers is no use to whoever wrote the file. */
function inOurWords(message: string): string {
  return message.includes('parseAllDocuments') ? 'it holds several documents, and one is read' : message;
}

function nodeStart(node: Node | undefined): number {
  return node?.range?.[0] ?? 0;
}

interface Flaw {
  readonly message: string;
  readonly pos: readonly [number, ...number[]];
}

function danglingAliases(document: Document): readonly Flaw[] {
  const flaws: Flaw[] = [];
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) !== undefined) return;
      flaws.push({ message: `no anchor &${alias.source} before this alias`, pos: [nodeStart(alias)] });
    },
  });
  return flaws;
}

function toPlain(document: Document, file: string): unknown {
  return refusing(file, () => document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown);
}

/** What an act gives; a limit that it finds passed becomes a ConfigError. */
function refusing<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new ConfigError(file, [yamlProblem(file, error instanceof Error ? error.message : String(error))]);
  }
}

/** Of the parser's words, which may quote the file. */
const LONGEST_REASON = 200;

function yamlProblem(where: string, message: string): ConfigProblem {
  return {
    code: 'CONFIG_YAML',
    path: '',
    where,
    message: `expected YAML, found an error in it: ${message.slice(0, LONGEST_REASON)}`,
  };
}

function nearestNode(document: Document, path: ConfigPath): Node | undefined {
  let node: unknown = document.contents;
  for (const part of path) {
    const next = childOf(document, node, part);
    if (next === undefined) break;
    node = next;
  }
  return isNode(node) ? node : undefined;
}

function childOf(document: Document, node: unknown, part: string | number): Node | undefined {
  const resolved = isAlias(node) ? node.resolve(document) : node;
  if (!isMap(resolved) && !isSeq(resolved)) return undefined;
  const child = resolved.get(part, true);
  return isNode(child) ? child : undefined;
}

function findKey(document: Document, path: ConfigPath): Node | undefined {
  const parent = path.slice(0, -1).reduce<unknown>((node, part) => {
    return node === undefined ? undefined : childOf(document, node, part);
  }, document.contents);
  const map = isAlias(parent) ? parent.resolve(document) : parent;
  if (!isMap(map)) return undefined;
  const name = path.at(-1);
  const key = map.items.find((pair) => isScalar(pair.key) && pair.key.value === name)?.key;
  return isNode(key) ? key : undefined;
}
