import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applySubscribers, type ConfiguredSubscriber } from '../../store/subscribers.ts';
import { rollcallCommand } from '../support/command.ts';
import { asSuperuser } from '../support/database.ts';
import { Mailbox, WebhookReceiver } from '../support/mailbox.ts';
import { SchoolDay, until } from '../support/school-day.ts';

// Mails and webhooks of real runs, on real servers, by the command line.

let mailbox: Mailbox;
let receiver: WebhookReceiver;
let day: SchoolDay;

const subscriber = (given: Partial<ConfiguredSubscriber>): ConfiguredSubscriber => ({
  channel: 'mail',
  address: 'ada@school.example',
  kinds: ['started', 'completed', 'failed', 'held'],
  language: 'en',
  daily: false,
  admin: true,
  ...given,
});

beforeAll(async () => {
  [mailbox, receiver] = await Promise.all([Mailbox.open(), WebhookReceiver.open()]);
  day = await SchoolDay.open({
    env: {
      ROLLCALL_SMTP_URL: mailbox.url,
      ROLLCALL_MAIL_FROM: 'rollcall@sync.example',
      // Beyond this test: what arrives was not waiting for a sweep.
      ROLLCALL_SWEEP_MS: '600000',
      WEBHOOK_SECRET: randomBytes(32).toString('hex'),
    },
  });
  const { organisationId } = day.connection;
  const subscribers = [
    subscriber({}),
    subscriber({ channel: 'webhook', address: receiver.url, kinds: ['completed', 'held'] }),
  ];
  await day.database.db.organisation(organisationId, (tx) => applySubscribers(tx, organisationId, null, subscribers));
});
afterAll(async () => {
  await day.close();
  await Promise.all([mailbox.close(), receiver.close()]);
});

const rollcall = (...args: string[]) => rollcallCommand(day.env)(...args);
const subjects = () =>
  mailbox.mails.map(({ subject }) => subject?.replace(/^\[Rollcall\] school-\w+\/timetable: /, ''));

describe('being told, on the real server', () => {
  it('a secret of a webhook is set by command', async () => {
    const { organisationCode } = day.connection;
    const set = (url: string) => rollcall('secret', 'set', organisationCode, url, '--from-env', 'WEBHOOK_SECRET');
    expect(await set(receiver.url)).toMatchObject({ status: 0, stdout: expect.stringContaining('signed') });
    expect(await set('https://another.example/')).toMatchObject({ status: 2 });
    const short = await rollcall('secret', 'set', organisationCode, receiver.url, '--from-env', 'LANG_OF_NOBODY');
    expect(short).toMatchObject({ status: 2 });
  });

  it('a run is told when it starts and when it ends, right then', async () => {
    await day.worker();
    expect(await day.sync()).toMatchObject({ state: 'completed' });
    await until(() => (mailbox.mails.length === 2 && receiver.received.length === 1) || undefined, 20_000);
    expect(subjects()).toEqual(['started', 'completed, 3 changes']);
    expect(mailbox.mails[1]?.text).toMatch(/^Lessons +0 +1$/m);
  });

  it('a hold is told at once too', async () => {
    await asSuperuser(day.database.url, (client) =>
      client.query(`update connection set limits = '{"lesson": {"delete": {"percent": 0, "floor": 0}}}'`),
    );
    await day.control('alcuin', 'school', { edit: 'cancel', event: 5001 });
    await day.sync();
    await until(() => (mailbox.mails.length === 5 && receiver.received.length === 3) || undefined, 20_000);
    expect(subjects().slice(2).sort()).toEqual([
      '1 change waits for a decision',
      'completed, 1 held, nothing changed',
      'started',
    ]);
    const kinds = receiver.received.map(({ body }) => JSON.parse(body).kind);
    expect(kinds.slice(1).sort()).toEqual(['completed', 'held']);
  });

  it('a test message goes to everybody, and the command says that it arrived', async () => {
    const tested = await rollcall('messages', 'test', 'timetable');
    expect(tested).toMatchObject({ status: 0, stderr: '' });
    expect(tested.stdout.match(/\bsent\b +1 +sent/g)).toHaveLength(2);
    expect(subjects().at(-1)).toBe('a test message');
  });

  it('the list says to whom and whether it arrived; one delivery can be sent again', async () => {
    const listed = JSON.parse((await rollcall('messages', 'timetable', '--json')).stdout);
    expect(listed).toMatchObject({ schema: 'rollcall.messages/1' });
    expect(listed.deliveries).toHaveLength(10);
    expect(listed.deliveries.every(({ state }: { state: string }) => state === 'sent')).toBe(true);
    expect((await rollcall('messages', 'timetable', '--failed')).stdout).toContain('Everything arrived');
    const before = mailbox.mails.length;
    const { deliveryId } = listed.deliveries.find(({ channel }: { channel: string }) => channel === 'mail');
    expect(await rollcall('messages', 'resend', deliveryId.slice(0, 8))).toMatchObject({ status: 0 });
    await until(() => mailbox.mails.length === before + 1 || undefined, 20_000);
    expect(mailbox.mails.at(-1)?.messageId).toBe(`<${deliveryId}@sync.example>`);
    expect(await rollcall('messages', 'resend', 'abcdef')).toMatchObject({ status: 2 });
  });
});
