import { carriedOut, recordCommand } from '../../../store/commands.ts';
import { type ConnectionName, listConnectionNames } from '../../../store/connections.ts';
import { type FoundRecord, findRecords } from '../../../store/find.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { clip, localTime, paint, print, printJson, printTable } from '../output.ts';
import { findConnection, type Session, withSession } from '../session.ts';

/** A record with the connection it is of. */
interface Found extends FoundRecord {
  readonly connection: string;
}

/** Finds records by name, e-mail, key, title, number or target id, over the connections the actor may see. */
export async function find(
  words: string,
  options: { connection?: string; limit: number; json?: boolean },
): Promise<number> {
  if (words.trim().length < 2) throw new UsageError('Give at least two characters to look for.');
  return withSession('find', async (session) => {
    const names =
      options.connection === undefined
        ? await session.db.operator(listConnectionNames)
        : [await findConnection(session.db, options.connection)];
    const found = await findIn(session, names, words, options);
    if (options.json) printJson('find', { found });
    else if (found.length === 0) print('Nothing found. Try fewer words, or a key, number or e-mail address.');
    else printFound(found);
    return exitCodes.done;
  });
}

/** One organisation after the other: each sees its own rows only, and each read is in its audit, without the words. */
async function findIn(
  session: Session,
  names: readonly ConnectionName[],
  words: string,
  options: { connection?: string; limit: number },
): Promise<Found[]> {
  const found: Found[] = [];
  for (const organisationId of new Set(names.map((name) => name.organisationId))) {
    const own = names.filter((name) => name.organisationId === organisationId);
    const only = options.connection === undefined ? undefined : own[0]?.connectionId;
    const records = await session.db.organisation(organisationId, async (tx) => {
      const rows = await findRecords(tx, words, {
        limit: options.limit,
        ...(only === undefined ? {} : { connectionId: only }),
      });
      await auditRead(
        tx,
        session,
        { organisationId, action: 'find', ...(only === undefined ? {} : { connectionId: only }) },
        rows.length,
      );
      return rows;
    });
    for (const record of records) {
      const name = own.find(({ connectionId }) => connectionId === record.connectionId);
      if (name !== undefined) found.push({ connection: `${name.organisationCode}/${name.connectionCode}`, ...record });
    }
  }
  return found.sort((a, b) => b.fit - a.fit).slice(0, options.limit);
}

/** Reading about people is in the audit: who, when and how many; never the words, which may be a name. */
export async function auditRead(
  tx: Parameters<typeof recordCommand>[0],
  { actor }: Pick<Session, 'actor'>,
  read: { organisationId: string; connectionId?: string; action: 'find' | 'why' },
  count: number,
): Promise<void> {
  const commandId = await recordCommand(tx, { ...read, actor: actor.name, role: actor.role, reason: '' });
  await carriedOut(tx, commandId, { count });
}

/** Found records as a table. */
export function printFound(found: readonly (FoundRecord & { connection?: string })[]): void {
  printTable(
    ['KIND', 'KEY', 'NAME', 'E-MAIL OR START', 'IN THE SOURCE', 'AT THE TARGET', 'CONNECTION'],
    found.map((record) => [
      record.kind,
      record.syncKey || '–',
      clip(record.label, 40),
      record.kind === 'lesson' ? localTime(record.startsAt) : record.email,
      record.absentSince === null
        ? (record.standing ?? paint('dim', 'never named'))
        : paint('dim', `gone ${localTime(record.absentSince).slice(0, 10)}`),
      record.atTarget
        .map(({ kind, targetId, state }) => `${kind} ${targetId}${state === 'active' ? '' : ` (${state})`}`)
        .join(', ') || paint('yellow', 'no'),
      record.connection ?? '',
    ]),
  );
}
