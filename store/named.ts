import { RollcallError } from '../roster/errors.ts';

/**
 * A statement with named parameters (`:connectionId`) as the driver takes it: numbered, and only those that it uses. For
 * statements put together of pieces that share their parameters.
 *
 * @example
 * await tx.execute(...named('delete from link where connection_id = :connectionId', scope));
 */
export function named(sql: string, values: object): [text: string, values: unknown[]] {
  const used: string[] = [];
  const text = sql.replace(/(?<!:):([a-z]\w*)/gi, (_, name: string) => {
    if (!Object.hasOwn(values, name))
      throw new RollcallError('INTERNAL', `A statement names ":${name}", which is not given.`);
    if (!used.includes(name)) used.push(name);
    return `$${used.indexOf(name) + 1}`;
  });
  return [text, used.map((name) => (values as Record<string, unknown>)[name])];
}
