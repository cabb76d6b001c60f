import { SnapEvoError } from '../errors/snapevo-error.js';

function invalidValue(path: string, found: string): SnapEvoError {
  return new SnapEvoError({
    code: 'STORE_VALUE_INVALID',
    message: `expected a value that JSON carries unchanged, found ${found}`,
    where: path,
    hint: 'Store finite numbers, strings, booleans, null, arrays and plain objects of these.',
    fault: 'internal',
  });
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null ? `a ${value.constructor.name}` : typeof value;
}

/**
 * Throws unless JSON can carry `value` there and back. An undefined property counts as absent.
 * @param path how the value is called in the error
 * @throws SnapEvoError `STORE_VALUE_INVALID`
 */
export function checkStorable(value: unknown, path: string): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw invalidValue(path, String(value));
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => {
      checkStorable(item, `${path}[${index}]`);
    });
  } else if (typeof value === 'object' && isPlainObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      if (item !== undefined) checkStorable(item, `${path}.${key}`);
    }
  } else {
    throw invalidValue(path, describe(value));
  }
}

/** @throws SnapEvoError `STORE_VALUE_INVALID` where JSON would change the value silently, as it does with NaN. */
export function toJsonText(value: unknown, path: string): string {
  checkStorable(value, path);
  return JSON.stringify(value);
}
