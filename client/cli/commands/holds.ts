import { writeFile } from 'node:fs/promises';
import { errorMeanings } from '../../../roster/error-codes.ts';
import { listConnectionNames } from '../../../store/connections.ts';
import { findHold, type HeldChange, type Hold, heldChanges, listHolds } from '../../../store/holds.ts';
import { explainHold } from '../../../store/safety.ts';
import { csv } from '../csv.ts';
import { UsageError } from '../exit-codes.ts';
import { localTime, paint, paintState, print, printJson, printTable, printWrapped } from '../output.ts';
import { findConnection, type Session, withSession } from '../session.ts';

/** Lists what waits for a person's decision: of one connection, or of all. */
export async function holds(name: string | undefined, options: { all?: boolean; json?: boolean }): Promise<void> {
  await withSession('look', async (session) => {
    const rows = await holdsOf(session, name, options.all ? 'all' : 'open');
    if (options.json) {
      printJson('holds', { holds: rows });
      return;
    }
    if (rows.length === 0) {
      print('Nothing is held.');
      return;
    }
    printTable(
      ['HOLD', 'WHAT', 'WAITING', 'OF', 'SINCE', 'FIRST LESSON', 'STATE', 'WHY'],
      rows.map((hold) => [
        `${hold.connection} ${hold.number}`,
        whatOf(hold),
        String(hold.open),
        String(hold.base),
        localTime(hold.openedAt),
        localTime(hold.firstLessonAt),
        paintState(hold.state),
        hold.reason,
      ]),
    );
    print();
    print(paint('dim', 'Look at one with "rollcall hold CONNECTION N", then "rollcall approve" or "rollcall reject".'));
  });
}

async function holdsOf(
  session: Session,
  name: string | undefined,
  which: 'open' | 'all',
): Promise<(Hold & { connection: string })[]> {
  const names =
    name === undefined ? await session.db.operator(listConnectionNames) : [await findConnection(session.db, name)];
  const rows = [];
  for (const one of names) {
    const connection = `${one.organisationCode}/${one.connectionCode}`;
    const found = await session.db.organisation(one.organisationId, (tx) => listHolds(tx, one.connectionId, which));
    rows.push(...found.map((hold) => ({ connection, ...hold })));
  }
  return rows;
}

const whatOf = ({ kind, operation, school }: Hold) =>
  `${operation} ${kind}${kind.endsWith('s') ? '' : 's'}${school === '' ? '' : ` of ${school}`}`;

/** Shows one hold record by record, or writes it to a CSV file from which a list to approve can be made. */
export async function hold(
  name: string,
  number: number,
  options: { csv?: string; limit: number; json?: boolean },
): Promise<void> {
  await withSession('look', async (session) => {
    const connection = await findConnection(session.db, name);
    const { found, changes } = await readNamedHold(session, connection, number);
    if (options.json) {
      printJson('hold', { connection: name, ...found, changes });
      return;
    }
    if (options.csv !== undefined) {
      await writeFile(options.csv, csv(csvHeads, changes.map(csvRow)));
      print(`${changes.length} changes are in ${options.csv}. Keep the lines you mean and give the file to --list.`);
      return;
    }
    printHold(name, found, changes, options.limit);
  });
}

/** A hold of a connection by its number, with its changes; a wrong number says which there are. */
export async function readNamedHold(
  { db }: Session,
  connection: { organisationId: string; connectionId: string },
  number: number,
): Promise<{ found: Hold; changes: HeldChange[] }> {
  return db.organisation(connection.organisationId, async (tx) => {
    const found = await findHold(tx, connection.connectionId, number);
    if (found === undefined) {
      const open = await listHolds(tx, connection.connectionId, 'open');
      const numbers = open.map((one) => one.number).join(', ');
      throw new UsageError(`There is no hold ${number} of this connection. Open: ${numbers || 'none'}.`);
    }
    return { found, changes: await heldChanges(tx, found.holdId) };
  });
}

function printHold(name: string, found: Hold, changes: readonly HeldChange[], limit: number): void {
  print(
    `Hold ${found.number} of ${name}: ${paint('bold', `${found.open} × ${whatOf(found)}`)}, ${paintState(found.state)}`,
  );
  printWrapped(explainHold(found), 2);
  if (found.firstLessonAt !== null) print(`  First lesson affected: ${localTime(found.firstLessonAt)}`);
  if (found.replacedBy !== null) print(`  Replaced by hold ${found.replacedBy}: what is planned now differs.`);
  print();
  printTable(
    ['RECORD', 'NAME', 'START', 'STATE', 'WHAT WOULD CHANGE'],
    changes
      .slice(0, limit)
      .map((change) => [
        `${change.kind} ${change.syncKey}`,
        change.label,
        localTime(startOf(change)),
        stateOf(change),
        difference(change),
      ]),
  );
  if (changes.length > limit) print(paint('dim', `… and ${changes.length - limit} more: --limit, or --csv FILE`));
  if (found.state !== 'open') return;
  print();
  print(paint('dim', `rollcall approve ${name} --hold ${found.number} --reason "…"`));
  print(paint('dim', `rollcall reject ${name} --hold ${found.number} --reason "…"`));
}

function stateOf({ state, decidedBy }: HeldChange): string {
  return decidedBy === null ? state : `${state} (${decidedBy})`;
}

function startOf({ before, after }: HeldChange): string | null {
  const start = before['startsAt'] ?? after['startsAt'];
  return typeof start === 'string' ? start : null;
}

/** The fields that differ, from and to; of what is removed nothing more need be said. */
function difference({ operation, before, after }: HeldChange): string {
  if (operation === 'delete' || operation === 'archive') return `would be ${operation}d`;
  const fields = Object.keys(after).filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]));
  return fields.map((field) => `${field}: ${text(before[field])} → ${text(after[field])}`).join('; ');
}

function text(value: unknown): string {
  if (Array.isArray(value)) return `${value.length} listed`;
  return value === undefined || value === '' ? '(empty)' : String(value);
}

const csvHeads = ['change', 'operation', 'kind', 'key', 'name', 'start', 'what would change', 'state'];

function csvRow(change: HeldChange): string[] {
  const { digest, operation, kind, syncKey, label, state } = change;
  return [digest, operation, kind, syncKey, label, startOf(change) ?? '', difference(change), state];
}

/** Why a decision decided nothing. */
export function nothingDecided(): string {
  return errorMeanings.HOLD_NOT_OPEN.next.en;
}
