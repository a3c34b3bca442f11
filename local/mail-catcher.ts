import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { type CaughtMail, catcherList, catcherMail, recipientsOf } from './mail-catcher-pages.ts';

export interface MailCatcher {
  readonly smtpUrl: string;
  readonly pageUrl: string;
  stop(): Promise<void>;
}

/** The newest are kept; older ones give way. */
const mostMails = 500;

/**
 * A mail server for one machine: takes every mail, keeps it in memory, sends it nowhere, and shows it on a page. Both listen
 * on the loopback address only.
 */
export async function startMailCatcher(ports: { smtp: number; page: number }): Promise<MailCatcher> {
  const caught: CaughtMail[] = [];
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    size: 25 * 1024 * 1024,
    onData: (stream, _session, done) => {
      simpleParser(stream).then(
        (mail) => {
          caught.unshift({ id: randomBytes(8).toString('hex'), caughtAt: new Date(), mail });
          caught.length = Math.min(caught.length, mostMails);
          done();
        },
        (error: Error) => done(error),
      );
    },
  });
  // A client that breaks off is no reason to end.
  smtp.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    smtp.server.once('error', reject);
    smtp.listen(ports.smtp, '127.0.0.1', () => resolve());
  });
  const page = catcherPage(caught);
  await page.listen({ host: '127.0.0.1', port: ports.page });
  const portOf = (address: AddressInfo | string | null) => (address as AddressInfo).port;
  return {
    smtpUrl: `smtp://127.0.0.1:${portOf(smtp.server.address())}`,
    pageUrl: `http://127.0.0.1:${portOf(page.server.address())}`,
    stop: async () => {
      await page.close();
      await new Promise<void>((resolve) => smtp.close(() => resolve()));
    },
  };
}

function catcherPage(caught: readonly CaughtMail[]): FastifyInstance {
  const server = Fastify({ forceCloseConnections: true });
  const find = (id: string) => caught.find((one) => one.id === id);
  // A page of another site must not read mails by a name that leads here.
  server.addHook('onRequest', async (request, reply) => {
    if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '')) return reply.code(403).send();
  });
  server.get('/', async (_request, reply) => sendPage(reply, catcherList(caught)));
  server.get('/mails.json', async () => ({
    mails: caught.map(({ id, caughtAt, mail }) => ({ id, caughtAt, subject: mail.subject, to: recipientsOf(mail) })),
  }));
  server.get<{ Params: { id: string } }>('/mails/:id', async ({ params }, reply) => {
    const found = find(params.id);
    return found === undefined ? reply.callNotFound() : sendPage(reply, catcherMail(found));
  });
  // The mail itself, in a box without scripts and without anything from elsewhere.
  server.get<{ Params: { id: string } }>('/mails/:id/html', async ({ params }, reply) => {
    const html = find(params.id)?.mail.html;
    if (typeof html !== 'string') return reply.callNotFound();
    return sendPage(reply, html, 'sandbox');
  });
  server.get<{ Params: { id: string; number: string } }>('/mails/:id/files/:number', async ({ params }, reply) => {
    const file = find(params.id)?.mail.attachments[Number(params.number)];
    if (file === undefined) return reply.callNotFound();
    return reply
      .type('application/octet-stream')
      .header('content-disposition', `attachment; filename="${(file.filename ?? 'file').replace(/[^\w.-]/g, '_')}"`)
      .header('x-content-type-options', 'nosniff')
      .send(file.content);
  });
  return server;
}

function sendPage(reply: FastifyReply, html: string, more = `frame-src 'self'`): FastifyReply {
  return reply
    .type('text/html; charset=utf-8')
    .header(
      'content-security-policy',
      `default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; ${more}`,
    )
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    .send(html);
}
