import { Lexer, Parser } from 'yaml';

/** A config of ours needs a handful; what is far deeper ends those who walk through it with a stack overflow. */
const MAX_DEPTH = 64;

/** The parser's stack holds the document, the collections around what it reads, and that. */
const MAX_STACK = MAX_DEPTH + 2;

/**
 * Looks at a text's nesting before anything is built of it, and stops where it is too deep: the parser takes time that grows with the square.
 * @throws Error saying how deep it may be
 */
export function requireShallow(yaml: string): void {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(yaml)) {
    Array.from(parser.next(lexeme));
    if (parser.stack.length > MAX_STACK) throw new Error(`it is nested more than ${MAX_DEPTH} levels deep`);
  }
}
