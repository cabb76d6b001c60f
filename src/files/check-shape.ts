import { z } from 'zod';

/**
 * As `safeParse`. Zod compares an object's `length` with a list's limits before it says that the object is no list, and JavaScript throws where that
 * can't be made a number: `{"length": {"toString": 0}}`.
 */
export function checkShape<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.ZodSafeParseResult<z.output<Schema>> {
  try {
    return schema.safeParse(value);
  } catch (cause) {
    if (!(cause instanceof TypeError && cause.message.includes('primitive value'))) throw cause;
    const message = 'expected lists and texts, found an object with a length in the place of one';
    const error = new z.ZodError([{ code: 'custom', path: [], message }]);
    return { success: false, error: error as z.ZodError<z.output<Schema>> };
  }
}
