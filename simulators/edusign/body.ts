import { z } from 'zod';
import { BusinessError } from './envelope.ts';

/** Text as clients send it: numbers come back as text, null as empty (seen in public clients). */
export const text = z
  .union([z.string(), z.number(), z.boolean(), z.null()])
  .transform((value) => (value === null ? '' : String(value)));

/** A list of identifiers; null and empty text are no list. */
export const texts = z
  .union([z.array(text), z.null(), z.literal('')])
  .transform((value) => (Array.isArray(value) ? value : []));

/** true, 1, "1" and "true" alike. */
export const flag = z
  .union([z.boolean(), z.number(), z.string(), z.null()])
  .transform((value) => value === true || value === 1 || value === '1' || value === 'true');

/** Reads a body; what does not fit is a business error whose message is a list (seen in public clients). */
export function read<T>(shape: z.ZodType<T>, body: unknown): T {
  const result = shape.safeParse(body ?? {});
  if (result.success) return result.data;
  throw new BusinessError(result.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`));
}

/** Refuses a body whose mandatory texts are missing or empty. */
export function requireFilled(parent: string, fields: Readonly<Record<string, string | undefined>>): void {
  const missing = Object.entries(fields).filter(([, value]) => value === undefined || value.trim() === '');
  if (missing.length > 0) throw new BusinessError(missing.map(([name]) => `${parent}.${name} is required`));
}
