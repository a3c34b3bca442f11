import { type ConnectionCheck, checkConnection, type Side } from '../../../activities/check-connection.ts';
import { systems } from '../../../connectors/registry.ts';
import { type Connection, readConnection } from '../../../store/connections.ts';
import { exitCodes } from '../exit-codes.ts';
import { paint, print, printJson } from '../output.ts';
import { findConnection, withSession } from '../session.ts';

const marks = { ok: paint('green', '✓'), warning: paint('yellow', '!'), failed: paint('red', '✗') };

/** Tries every credential and setting of both sides, and says what a school must let in. */
export async function check(name: string, options: { json?: boolean }): Promise<number> {
  return withSession('check', async ({ db, master, settings }) => {
    const { organisationId, connectionId } = await findConnection(db, name);
    const connection = await db.organisation(organisationId, (tx) => readConnection(tx, connectionId));
    const opening = {
      db,
      master,
      systems,
      allowHosts: settings.allowHosts,
      ...(settings.proxy === undefined ? {} : { proxy: settings.proxy }),
    };
    const lines: ConnectionCheck[] = [];
    let side: Side | undefined;
    for await (const line of checkConnection(opening, connection, new AbortController().signal)) {
      lines.push(line);
      if (options.json) continue;
      if (line.side !== side) printSide(connection, line.side);
      side = line.side;
      printLine(line);
    }
    const allowList = allowListOf(connection, settings.publicAddresses);
    if (options.json) printJson('check', { connection: name, lines, allowList });
    else printAllowList(allowList);
    return lines.some(({ state }) => state === 'failed') ? exitCodes.failed : exitCodes.done;
  });
}

function printSide(connection: Connection, side: Side): void {
  const account = connection[side];
  print(paint('bold', `${side === 'source' ? 'From' : 'To'} ${systems.get(account.system)?.name ?? account.system}`));
}

function printLine({ state, subject, detail, next }: ConnectionCheck): void {
  print(`  ${marks[state]} ${subject}: ${detail}`);
  if (next !== undefined) print(`      ${paint('dim', next)}`);
}

/** What a school must let through. */
interface AllowList {
  readonly addresses: readonly string[];
  readonly mailDomains: readonly string[];
}

function allowListOf(connection: Connection, addresses: readonly string[]): AllowList {
  const domains = [connection.source, connection.target].flatMap(
    ({ system }) => systems.get(system)?.mailDomains ?? [],
  );
  return { addresses, mailDomains: [...new Set(domains)] };
}

function printAllowList({ addresses, mailDomains }: AllowList): void {
  print(paint('bold', 'The school lets in'));
  print(
    addresses.length > 0
      ? `  requests from ${addresses.join(', ')}`
      : '  requests from our address, which is not known here: set ROLLCALL_PUBLIC_ADDRESSES',
  );
  if (mailDomains.length > 0) print(`  mail from ${mailDomains.join(', ')}`);
}
