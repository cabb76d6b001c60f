import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

/**
 * A place in src/ that makes an error of a stable code. Texts stand as they are in the source, with `…` for what is put in.
 *
 * @typedef {{ code: string, file: string, messages: string[], hints: string[], isInternal: boolean, isMachines: boolean }} ErrorSite
 */

/** What errors that nobody threw on purpose are known by. */
const strangers = new Set(['INTERNAL', 'UNEXPECTED']);
const codePattern = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/;

/**
 * Every place under a folder that makes an error: an object literal with a `code` and a `message`, or `new SomeError('CODE',
 * message, details)`.
 *
 * @param {string} folder
 * @returns {ErrorSite[]} by file, in the order of the source
 */
export function findErrors(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .flatMap((path) => {
      const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
      return nodesOf(source).flatMap((node) => sitesAt(node, relative(folder, path)));
    });
}

/**
 * @param {ts.Node} node
 * @returns {ts.Node[]} the node and all within it
 */
function nodesOf(node) {
  /** @type {ts.Node[]} */
  const children = [];
  ts.forEachChild(node, (child) => void children.push(child));
  return [node, ...children.flatMap(nodesOf)];
}

/**
 * @param {ts.Node} node
 * @param {string} file
 * @returns {ErrorSite[]}
 */
function sitesAt(node, file) {
  if (ts.isObjectLiteralExpression(node)) {
    const fields = fieldsOf(node);
    const [code, message] = [fields.get('code'), fields.get('message')];
    return code === undefined || message === undefined ? [] : sites(code, message, fields, file);
  }
  if (!ts.isNewExpression(node) || node.arguments === undefined) return [];
  const [code, message, details] = node.arguments;
  if (code === undefined || message === undefined) return [];
  const fields =
    details !== undefined && ts.isObjectLiteralExpression(details) ? fieldsOf(details) : new Map();
  return sites(code, message, fields, file);
}

/**
 * @param {ts.Expression} code
 * @param {ts.Expression} message
 * @param {ReadonlyMap<string, ts.Expression>} fields
 * @param {string} file
 * @returns {ErrorSite[]}
 */
function sites(code, message, fields, file) {
  const hint = fields.get('hint');
  const fault = fields.get('fault');
  return textsOf(code)
    .filter((text) => codePattern.test(text))
    .map((text) => ({
      code: text,
      file,
      messages: orOwnWords(textsOf(message), message),
      hints: hint === undefined ? [] : textsOf(hint),
      isInternal: strangers.has(text) || (fault !== undefined && textsOf(fault).includes('internal')),
      isMachines: fault !== undefined && textsOf(fault).includes('machine'),
    }));
}

/**
 * The texts, or where only running the program tells them, what the class that is made says of itself.
 *
 * @param {string[]} texts
 * @param {ts.Node} message
 * @returns {string[]}
 */
function orOwnWords(texts, message) {
  const owner = ts.findAncestor(message, ts.isClassDeclaration);
  if (texts.length > 0 || owner === undefined) return texts;
  return ts.getJSDocCommentsAndTags(owner).map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '');
}

/**
 * @param {ts.ObjectLiteralExpression} literal
 * @returns {Map<string, ts.Expression>} values by key
 */
function fieldsOf(literal) {
  return new Map(
    literal.properties.flatMap((property) => {
      if (ts.isShorthandPropertyAssignment(property)) return [[property.name.text, property.name]];
      if (!ts.isPropertyAssignment(property) || !ts.isIdentifier(property.name)) return [];
      return [[property.name.text, property.initializer]];
    }),
  );
}

/**
 * What a text may be: both branches of a condition, a constant's value, what callers pass for a parameter.
 *
 * @param {ts.Expression} expression
 * @returns {string[]} none where only running the program tells
 */
function textsOf(expression) {
  if (ts.isStringLiteralLike(expression)) return [expression.text];
  if (ts.isParenthesizedExpression(expression)) return textsOf(expression.expression);
  if (ts.isConditionalExpression(expression)) {
    return [...textsOf(expression.whenTrue), ...textsOf(expression.whenFalse)];
  }
  if (ts.isTemplateExpression(expression)) {
    return [
      [expression.head.text, ...expression.templateSpans.map(({ literal }) => `…${literal.text}`)].join(''),
    ];
  }
  if (ts.isBinaryExpression(expression)) return textsOfBinary(expression);
  return ts.isIdentifier(expression) ? textsOfName(expression) : [];
}

/**
 * @param {ts.BinaryExpression} expression
 * @returns {string[]}
 */
function textsOfBinary({ left, right, operatorToken }) {
  if (operatorToken.kind === ts.SyntaxKind.PlusToken) {
    return textsOf(left).flatMap((start) => textsOf(right).map((end) => start + end));
  }
  return [...textsOf(left), ...textsOf(right)];
}

/**
 * @param {ts.Identifier} name
 * @returns {string[]}
 */
function textsOfName(name) {
  for (let scope = name.parent; !ts.isSourceFile(scope); scope = scope.parent) {
    if (ts.isFunctionLike(scope) && scope.parameters.some((parameter) => isNamed(parameter, name.text))) {
      return textsOfParameter(scope, name.text);
    }
    if (!ts.isBlock(scope)) continue;
    const declared = scope.statements
      .filter(ts.isVariableStatement)
      .flatMap(({ declarationList }) => [...declarationList.declarations])
      .find((declaration) => isNamed(declaration, name.text));
    if (declared?.initializer !== undefined) return textsOf(declared.initializer);
  }
  return [];
}

/**
 * What a file's calls of a function pass for one of its parameters.
 *
 * @param {ts.SignatureDeclaration} called
 * @param {string} parameter
 * @returns {string[]}
 */
function textsOfParameter(called, parameter) {
  const index = called.parameters.findIndex((each) => isNamed(each, parameter));
  const owner = called.name ?? (ts.isVariableDeclaration(called.parent) ? called.parent.name : undefined);
  if (owner === undefined || !ts.isIdentifier(owner)) return [];
  return nodesOf(called.getSourceFile()).flatMap((node) => {
    if (!ts.isCallExpression(node) || !isIdentifier(node.expression, owner.text)) return [];
    const argument = node.arguments[index];
    return argument === undefined || isWithin(node, called) ? [] : textsOf(argument);
  });
}

/**
 * @param {ts.Node} node
 * @param {ts.Node} ancestor
 */
const isWithin = (node, ancestor) => node.pos >= ancestor.pos && node.end <= ancestor.end;

/**
 * @param {ts.Node} node
 * @param {string} name
 */
const isIdentifier = (node, name) => ts.isIdentifier(node) && node.text === name;

/**
 * @param {{ readonly name: ts.Node }} declaration
 * @param {string} name
 */
const isNamed = (declaration, name) => isIdentifier(declaration.name, name);
