import { MailSender, SendFailure } from '../connectors/mail.ts';
import { postWebhook } from '../connectors/webhook.ts';
import { composeDigest, composeMail, findingsCsv, type Reader } from '../roster/mail/compose.ts';
import type { MailDocument } from '../roster/mail/document.ts';
import type { Telling } from '../roster/mail/facts.ts';
import { renderHtml } from '../roster/mail/html.ts';
import { nameOf } from '../roster/mail/subject.ts';
import { renderText } from '../roster/mail/text.ts';
import { webhookBody } from '../roster/mail/webhook-body.ts';
import { type Claimed, claimDue, giveUpUnwanted, markFailed, markSent, noteUnsendable } from '../store/deliveries.ts';
import { findingsToTell, readTelling } from '../store/telling.ts';
import { readWebhookSecret } from '../store/webhook-secrets.ts';
import { nextRunOf } from './next-run.ts';
import type { Services } from './services.ts';
import { channelsOf, noMailServer } from './start-deliveries.ts';

/** After a first pause of half a minute each is twice as long, up to six hours; after two days or so it is given up. */
const firstPauseMs = 30_000;
const longestPauseMs = 6 * 3_600_000;
const mostAttempts = 16;

/** As many findings as a mail carries along. */
const mostFindings = 5_000;

export interface DeliverySlice {
  readonly done: boolean;
  readonly sent: number;
  readonly failed: number;
}

/**
 * Sends what is due to be told in an organisation, one after the other, for a slice of time. At least once: what a crash
 * left between sending and noting it is sent again, under the same Message-ID or delivery id.
 */
export async function deliver(services: Services, organisationId: string, signal: AbortSignal): Promise<DeliverySlice> {
  const { db } = services;
  const endsAt = performance.now() + services.sliceMs;
  const sender = services.mail === undefined ? undefined : new MailSender(services.mail);
  let sent = 0;
  let failed = 0;
  try {
    await db.organisation(organisationId, async (tx) => {
      await giveUpUnwanted(tx);
      if (services.mail === undefined) await noteUnsendable(tx, 'mail', noMailServer);
    });
    for (;;) {
      signal.throwIfAborted();
      const claimed = await db.organisation(organisationId, (tx) => claimDue(tx, channelsOf(services)));
      const [first, ...more] = claimed;
      if (first === undefined) return { done: true, sent, failed };
      if (await attempt(services, { organisationId, sender, signal }, [first, ...more])) sent += 1;
      else failed += 1;
      if (performance.now() > endsAt) return { done: false, sent, failed };
    }
  } finally {
    sender?.close();
  }
}

interface Ways {
  readonly organisationId: string;
  readonly sender: MailSender | undefined;
  readonly signal: AbortSignal;
}

type Group = readonly [Claimed, ...Claimed[]];

/** One mail or request. What went wrong is noted before a fault of ours goes on, so that it never blocks the rest. */
async function attempt(services: Services, ways: Ways, group: Group): Promise<boolean> {
  const { db } = services;
  const ids = group.map(({ deliveryId }) => deliveryId);
  try {
    await (group[0].channel === 'mail' ? sendMail(services, ways, group) : sendWebhook(services, ways, group[0]));
  } catch (error) {
    ways.signal.throwIfAborted();
    const failure = error instanceof SendFailure ? error : new SendFailure('A fault of ours; the log has its place.');
    const pauseMs = failure.forGood ? null : pauseAfter(group[0].attempts);
    await db.organisation(ways.organisationId, (tx) => markFailed(tx, ids, { error: failure.message, pauseMs }));
    if (!(error instanceof SendFailure)) throw error;
    return false;
  }
  await db.organisation(ways.organisationId, (tx) => markSent(tx, ids));
  return true;
}

function pauseAfter(attempts: number): number | null {
  return attempts >= mostAttempts ? null : Math.min(longestPauseMs, firstPauseMs * 2 ** (attempts - 1));
}

async function sendMail(services: Services, { organisationId, sender }: Ways, group: Group): Promise<void> {
  const { db } = services;
  const [first, ...others] = group;
  if (sender === undefined) throw new SendFailure('No mail server is configured.');
  const { tellings, files } = await db.organisation(organisationId, async (tx) => {
    const tellings: [Telling, ...Telling[]] = [await readTelling(tx, first.messageId)];
    for (const { messageId } of others) tellings.push(await readTelling(tx, messageId));
    const files = [];
    for (const telling of withFindings(tellings)) {
      const findings = await findingsToTell(tx, telling.connection?.connectionId ?? '', mostFindings);
      if (findings.length > 0) files.push(findingsCsv(telling, findings, first.language));
    }
    return { tellings, files };
  });
  const { connection } = tellings[0];
  const reader: Reader = {
    language: first.language,
    address: first.address,
    publicUrl: services.publicUrl,
    nextRunAt:
      connection === null
        ? undefined
        : await db.organisation(organisationId, (tx) => nextRunOf(tx, connection.connectionId)),
  };
  const mail: MailDocument =
    first.digestAt === null ? composeMail(tellings[0], reader) : composeDigest(tellings, reader);
  await sender.send({
    to: first.address,
    messageId:
      first.digestAt === null ? first.deliveryId : `digest-${first.subscriberId}-${first.digestAt.slice(0, 10)}`,
    language: mail.language,
    subject: mail.subject,
    text: renderText(mail),
    html: renderHtml(mail),
    files,
  });
}

/** One for each connection of whose runs something is told. */
function withFindings(tellings: readonly Telling[]): Telling[] {
  const ofRuns = tellings.filter(({ kind }) => kind === 'completed' || kind === 'failed' || kind === 'held');
  return [...new Map(ofRuns.map((telling) => [nameOf(telling), telling])).values()];
}

async function sendWebhook(services: Services, { organisationId, signal }: Ways, claimed: Claimed): Promise<void> {
  const { db, master, allowHosts } = services;
  const { address: url, deliveryId, messageId } = claimed;
  const { telling, secret } = await db.organisation(organisationId, async (tx) => ({
    telling: await readTelling(tx, messageId),
    secret: await readWebhookSecret(tx, master, { organisationId, url }),
  }));
  if (secret === undefined) {
    const command = `rollcall secret set ${telling.organisation.code} ${url}`;
    throw new SendFailure(`It has no secret to be signed with. Set one: ${command}`);
  }
  const body = webhookBody(messageId, telling);
  await postWebhook(
    { allowHosts, signal },
    { url, secret, deliveryId, body, timestamp: Math.floor(Date.now() / 1000) },
  );
}
