import { randomUUID } from 'node:crypto';
import { startDeliveryWorkflow } from '../../../activities/start-deliveries.ts';
import { recordCommand } from '../../../store/commands.ts';
import { type DeliveryRow, findDeliveries, listDeliveries, messageIdOf, resend } from '../../../store/deliveries.ts';
import { tell } from '../../../store/messages.ts';
import { subscribersOf } from '../../../store/subscribers.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { localTime, paint, print, printJson, printTable } from '../output.ts';
import { findConnection, withSession } from '../session.ts';

/** Lists what was told of a connection, to whom, and whether it arrived. */
export async function messages(
  name: string,
  options: { failed?: boolean; limit: number; json?: boolean },
): Promise<void> {
  await withSession('look', async ({ db }) => {
    const { organisationId, connectionId } = await findConnection(db, name);
    const { rows, subscribers } = await db.organisation(organisationId, async (tx) => ({
      rows: await listDeliveries(tx, connectionId, { failed: options.failed ?? false, limit: options.limit }),
      subscribers: await subscribersOf(tx, connectionId),
    }));
    if (options.json) printJson('messages', { connection: name, subscribers, deliveries: rows });
    else if (rows.length > 0) printDeliveries(rows);
    else if (options.failed) print('Everything arrived, or still waits.');
    else if (subscribers.length === 0)
      print('Nobody is told: list subscribers in the file of "rollcall config apply".');
    else print('Nothing was told yet. Try the way with "rollcall messages test CONNECTION".');
  });
}

const colours = { sent: 'green', waiting: 'yellow', failed: 'yellow', 'given-up': 'red' } as const;

function printDeliveries(rows: readonly DeliveryRow[]): void {
  printTable(
    ['DELIVERY', 'TOLD', 'WHAT', 'TO', 'STATE', 'TRIES', 'NEXT'],
    rows.map((row) => [
      row.deliveryId.slice(0, 8),
      localTime(row.toldAt),
      whatOf(row),
      row.address,
      paint(colours[row.state], row.state),
      String(row.attempts),
      row.sentAt !== null ? `sent ${localTime(row.sentAt)}` : nextOf(row),
    ]),
  );
  const errors = new Map(rows.filter(({ lastError }) => lastError !== '').map((row) => [row.lastError, row.state]));
  for (const [error, state] of errors) print(paint(colours[state], error));
}

function whatOf({ kind, run, hold }: DeliveryRow): string {
  return `${kind}${run === null ? '' : `, run ${run}`}${hold === null ? '' : `, hold ${hold}`}`;
}

function nextOf({ digestAt, nextTryAt, attempts }: DeliveryRow): string {
  if (nextTryAt === null) return '';
  if (digestAt !== null && attempts === 0) return `in the mail of ${localTime(digestAt)}`;
  return attempts === 0 ? 'soon' : `again ${localTime(nextTryAt)}`;
}

/** Sends a message to one subscriber again. */
export async function resendMessage(beginning: string, options: { json?: boolean }): Promise<number> {
  if (!/^[0-9a-f-]{6,36}$/.test(beginning)) throw new UsageError(`"${beginning}" is no id of a delivery.`);
  return withSession('messages-resend', async (session) => {
    const { db, actor } = session;
    const [found, another] = await db.operator((tx) => findDeliveries(tx, beginning));
    if (found === undefined) throw new UsageError(`There is no delivery "${beginning}": see "rollcall messages".`);
    if (another !== undefined) throw new UsageError(`More than one delivery begins with "${beginning}".`);
    const { organisationId, deliveryId, connectionId } = found;
    await db.organisation(organisationId, async (tx) => {
      await recordCommand(tx, {
        organisationId,
        ...(connectionId === null ? {} : { connectionId }),
        action: 'messages-resend',
        actor: actor.name,
        role: actor.role,
        reason: '',
        detail: { delivery: deliveryId },
      });
      await resend(tx, deliveryId);
    });
    await startDeliveryWorkflow(await session.temporal(), session.settings.taskQueue, organisationId);
    if (options.json) printJson('messages-resend', { delivery: deliveryId });
    else print('It is sent again now; "rollcall messages" says what becomes of it.');
    return exitCodes.done;
  });
}

/** How long a test waits to see what becomes of its message. */
const patienceMs = 30_000;

/** Tells everyone who is told of a connection, and says what became of it. */
export async function testMessages(name: string, options: { json?: boolean }): Promise<number> {
  return withSession('messages-test', async (session) => {
    const { db, actor, settings } = session;
    const { organisationId, connectionId, mode } = await findConnection(db, name);
    const messageId = await db.organisation(organisationId, async (tx) => {
      const by = { organisationId, connectionId, actor: actor.name, role: actor.role, reason: '' };
      await recordCommand(tx, { ...by, action: 'messages-test' });
      const onceKey = `test/${randomUUID()}`;
      await tell(tx, { organisationId, connectionId, kind: 'test', onceKey, detail: {} });
      return messageIdOf(tx, onceKey);
    });
    const look = () =>
      db.organisation(organisationId, (tx) =>
        listDeliveries(tx, connectionId, { failed: false, limit: 1_000, messageId }),
      );
    if ((await look()).length > 0) {
      await startDeliveryWorkflow(await session.temporal(), settings.taskQueue, organisationId);
    }
    const rows = await settled(look);
    const trial = mode === 'trial' ? ' The connection is in trial: only its admins are told (role: admin).' : '';
    if (options.json) printJson('messages-test', { connection: name, deliveries: rows });
    else if (rows.length === 0) print(`Nobody is told of ${name}.${trial}`);
    else {
      printDeliveries(rows);
      if (trial !== '') print(paint('dim', trial.trim()));
      if (rows.some(isOpen))
        print(paint('yellow', 'Not all of it was sent yet: no worker is running, or it has no mail server.'));
    }
    return rows.every(({ state }) => state === 'sent') ? exitCodes.done : exitCodes.failed;
  });
}

const isOpen = ({ state, attempts }: DeliveryRow) => state === 'waiting' || (state === 'failed' && attempts === 0);

async function settled(look: () => Promise<DeliveryRow[]>): Promise<DeliveryRow[]> {
  const endsAt = performance.now() + patienceMs;
  for (;;) {
    const rows = await look();
    const waits = rows.some((row) => isOpen(row) && row.lastError === '');
    if (!waits || performance.now() > endsAt) return rows;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
