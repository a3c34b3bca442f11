import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { type Hold, heldChanges, listHolds } from '../../../store/holds.ts';
import { decideOnHold } from '../../decide.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { print, printJson } from '../output.ts';
import { findConnection, type Session, withSession } from '../session.ts';
import { nothingDecided, readNamedHold } from './holds.ts';

/** What of a connection's holds a person means. */
export interface Chosen {
  readonly hold?: number;
  readonly kind?: string;
  readonly list?: string;
  readonly days?: number;
  readonly reason?: string;
  readonly json?: boolean;
}

/** Approves or rejects held changes: all of a connection, one hold, one kind, or the lines of a list. */
export async function decide(action: 'approve' | 'reject', name: string, chosen: Chosen): Promise<number> {
  if (chosen.reason === undefined || chosen.reason.trim() === '') {
    throw new UsageError(`Say why with --reason: it is kept with the decision.`);
  }
  const reason = chosen.reason;
  const listed = chosen.list === undefined ? undefined : await readList(chosen.list);
  return withSession(action, async (session) => {
    const connection = await findConnection(session.db, name);
    const holds = await meant(session, connection, chosen, listed);
    const services = { db: session.db, temporal: await session.temporal(), taskQueue: session.settings.taskQueue };
    let decided = 0;
    let late = 0;
    for (const [index, { hold, digests }] of holds.entries()) {
      const outcome = await decideOnHold(services, connection, hold, {
        action,
        reason,
        actor: session.actor,
        detail: {
          hold: hold.number,
          ...(digests === undefined ? {} : { digests }),
          ...(chosen.days === undefined ? {} : { days: chosen.days }),
          // One run serves all of these decisions.
          startsRun: index === holds.length - 1,
        },
      });
      if (outcome === undefined) late += 1;
      else decided += outcome.decided;
    }
    const word = action === 'approve' ? 'approved' : 'rejected';
    if (chosen.json) printJson(action, { connection: name, decided, undelivered: late });
    else sayWhat(word, decided, late, name);
    return decided === 0 && late === 0 ? exitCodes.refused : exitCodes.done;
  });
}

function sayWhat(word: string, decided: number, late: number, name: string): void {
  if (decided > 0) {
    const follows = word === 'approved' ? ` A run starts now; follow it with "rollcall runs ${name}".` : '';
    print(`${decided} change${decided === 1 ? '' : 's'} ${word}.${follows}`);
  }
  if (late > 0) print('Recorded; no worker is running. It is carried out as soon as one is.');
  if (decided === 0 && late === 0) print(`Nothing was ${word}. ${nothingDecided()}`);
}

interface Meant {
  readonly hold: Hold;
  /** Only these changes of it; all when left out. */
  readonly digests?: string[];
}

/** The open holds that a person means. A list must name changes that are held now, every one of them. */
async function meant(
  session: Session,
  connection: { organisationId: string; connectionId: string },
  chosen: Chosen,
  listed: readonly string[] | undefined,
): Promise<Meant[]> {
  const { organisationId, connectionId } = connection;
  const open =
    chosen.hold === undefined
      ? await session.db.organisation(organisationId, (tx) => listHolds(tx, connectionId, 'open'))
      : [(await readNamedHold(session, connection, chosen.hold)).found];
  const fitting = open.filter((hold) => chosen.kind === undefined || hold.kind === chosen.kind);
  if (listed === undefined) {
    if (fitting.length === 0) throw new UsageError('Nothing like that is held. See "rollcall holds".');
    return fitting.map((hold) => ({ hold }));
  }
  const found: Meant[] = [];
  const left = new Set(listed);
  for (const hold of fitting) {
    const changes = await session.db.organisation(organisationId, (tx) => heldChanges(tx, hold.holdId));
    const digests = changes
      .filter(({ digest, state }) => state === 'open' && left.has(digest))
      .map(({ digest }) => digest);
    for (const digest of digests) left.delete(digest);
    if (digests.length > 0) found.push({ hold, digests });
  }
  if (left.size > 0) {
    throw new UsageError(
      `${left.size} of the ${listed.length} lines of the list are not held any more; nothing was decided. ` +
        'Make the list again with "rollcall hold CONNECTION N --csv FILE".',
    );
  }
  return found;
}

/** The changes of a list: the first cell of each line of the file that "rollcall hold --csv" writes. */
async function readList(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new UsageError(`The file ${path} cannot be read.`);
  });
  const rows: string[][] = parse(text, {
    bom: true,
    relax_column_count: true,
    relax_quotes: true,
    delimiter: [',', ';', '\t'],
  });
  const digests = rows.flatMap(([first = ''], index) => {
    const cell = first.trim();
    if (cell === '' || cell === 'change') return [];
    if (!/^[0-9a-f]{64}$/.test(cell)) {
      throw new UsageError(
        `${path}, row ${index + 1}: the first column must be the change, as "rollcall hold --csv" writes it.`,
      );
    }
    return [cell];
  });
  if (digests.length === 0) throw new UsageError(`The list ${path} names no change.`);
  return digests;
}
