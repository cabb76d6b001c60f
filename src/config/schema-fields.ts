import { z } from 'zod';
import { PATH_FIELD } from './fields.js';

/** The keys that a schema knows in one section, in its order; empty where the path leads to none. */
export function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  let node: z.core.$ZodType | undefined = schema;
  for (const part of path) node = childrenOf(node).get(String(part));
  return [...childrenOf(node).keys()];
}

/** Every path that a schema knows, sections before what is in them, keys joined by dots. */
export function allPaths(schema: z.core.$ZodType, prefix = ''): readonly string[] {
  return [...childrenOf(schema)].flatMap(([key, child]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    return [path, ...allPaths(child, path)];
  });
}

/** Paths of the fields that name files and folders. */
export function pathFields(
  schema: z.core.$ZodType,
  prefix: readonly string[] = [],
): readonly (readonly string[])[] {
  return [...childrenOf(schema)].flatMap(([key, child]) => {
    const path = [...prefix, key];
    const leaf = unwrap(child);
    const isPath = leaf instanceof z.ZodType && leaf.meta()?.['role'] === PATH_FIELD;
    return isPath ? [path] : pathFields(child, path);
  });
}

function childrenOf(schema: z.core.$ZodType | undefined): ReadonlyMap<string, z.core.$ZodType> {
  const inner = schema === undefined ? undefined : unwrap(schema);
  if (inner instanceof z.ZodObject) return new Map(Object.entries(inner.shape));
  return new Map();
}

/** The schema itself, without defaults and markers around it. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema;
  while (
    inner instanceof z.ZodReadonly ||
    inner instanceof z.ZodDefault ||
    inner instanceof z.ZodPrefault ||
    inner instanceof z.ZodOptional ||
    inner instanceof z.ZodNullable
  ) {
    inner = inner.def.innerType;
  }
  return inner;
}
