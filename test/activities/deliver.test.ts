import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConfiguredSubscriber } from '../../store/subscribers.ts';
import { Mailbox, WebhookReceiver } from '../support/mailbox.ts';
import { lesson, person } from '../support/records.ts';
import { type StepRun, stepsForEach } from '../support/step-run.ts';

const current = stepsForEach();
let steps: StepRun;
let mailbox: Mailbox;
let receiver: WebhookReceiver;

beforeEach(async () => {
  steps = current();
  [mailbox, receiver] = await Promise.all([Mailbox.open(), WebhookReceiver.open()]);
});
afterEach(() => Promise.all([mailbox.close(), receiver.close()]));

const admin: ConfiguredSubscriber = {
  channel: 'mail',
  address: 'ada@school.example',
  kinds: ['completed', 'failed', 'held'],
  language: 'en',
  daily: false,
  admin: true,
};
const reader = (given: Partial<ConfiguredSubscriber> = {}): ConfiguredSubscriber => ({
  ...admin,
  admin: false,
  ...given,
});
const hook = (): ConfiguredSubscriber => reader({ channel: 'webhook', address: receiver.url });
const secret = 'a secret of the receiver';

const deliver = (given: { allowHosts?: string[]; mail?: false } = {}) =>
  steps.deliver({
    allowHosts: given.allowHosts ?? ['127.0.0.1'],
    ...(given.mail === false ? {} : { mail: { smtpUrl: mailbox.url, from: 'Rollcall <rollcall@sync.example>' } }),
    publicUrl: 'https://rollcall.example',
  });

interface Delivery {
  readonly channel: string;
  readonly address: string;
  readonly state: string;
  readonly attempts: number;
  readonly error: string;
}
const deliveries = () =>
  steps.query<Delivery>(
    'select channel, address, state, attempts, last_error as error from delivery order by created_at, address',
  );
const due = () => steps.query('update delivery set next_try_at = now()');

const school = (lessons: number) => [
  person('i1'),
  person('l1'),
  ...Array.from({ length: lessons }, (_, number) => lesson(`e${number}`, 30 + 2 * number)),
];

/** Forty lessons are known and twenty of them are gone: over the limit. */
async function twentyGone(): Promise<void> {
  steps.world.records = school(40);
  await steps.sync();
  steps.world.records = school(20);
  await steps.sync();
}

describe('a mail', () => {
  it('of a completed run has counts before and after, changes, findings, the next run and a file', async () => {
    await steps.subscribe([reader()]);
    await steps.times({ schedule: { zone: 'Europe/Paris', cron: ['0 18 * * *'] } });
    steps.world.records = [...school(2), { ...person('l2'), email: '' }];
    await steps.sync();
    await deliver();
    const [mail, ...more] = mailbox.mails;
    expect(more).toEqual([]);
    expect(mail?.subject).toMatch(/^\[Rollcall\] school-\w+\/timetable: completed, 4 changes$/);
    const text = mail?.text ?? '';
    expect(text).toMatch(/^Lessons +0 +2$/m);
    expect(text).toMatch(/^Lessons: created +2 +0 +0$/m);
    expect(text).toContain('PERSON_INCOMPLETE');
    expect(text).toContain('Fill in the missing field of this person in the source.');
    expect(text).toMatch(/\d+ \w+ \d{4}, 18:00/);
    expect(text).toMatch(/rollcall findings school-\w+\/timetable/);
    expect(text).toMatch(/https:\/\/rollcall\.example\/school-\w+\/timetable\/findings/);
    expect(String(mail?.html)).toContain('PERSON_INCOMPLETE');
    const [file] = mail?.attachments ?? [];
    expect(file?.filename).toMatch(/^findings-school-\w+-timetable\.csv$/);
    expect(file?.content.toString()).toMatch(/^\uFEFFcode,severity,[^\n]+\r\nPERSON_INCOMPLETE,error,person,l2,/);
    expect(mail?.headers.get('auto-submitted')).toBe('auto-generated');
  });

  it('of a hold says what is held, why, and the very commands', async () => {
    await steps.subscribe([reader({ kinds: ['held'] })]);
    await twentyGone();
    for (const hold of await steps.holds()) await steps.lookAt(hold);
    await deliver();
    const [mail, ...more] = mailbox.mails;
    expect(more).toEqual([]);
    expect(mail?.subject).toMatch(/: 20 changes wait for a decision$/);
    expect(mail?.text).toContain('20 of 40 records of this kind would get this change');
    expect(mail?.text).toMatch(/rollcall hold school-\w+\/timetable 1/);
    expect(mail?.text).toMatch(/rollcall approve school-\w+\/timetable --hold 1 --reason "expected"/);
  });

  it.each([
    ['fr', /terminé, 3 changements$/, 'Enregistrements à la cible'],
    ['sv', /slutförd, 3 ändringar$/, 'Poster i målet'],
  ] as const)('is in the reader’s language: %s', async (language, subject, heading) => {
    await steps.subscribe([reader({ language })]);
    steps.world.records = school(1);
    await steps.sync();
    await deliver();
    expect(mailbox.mails[0]?.subject).toMatch(subject);
    expect(mailbox.mails[0]?.text).toContain(heading);
    expect(mailbox.mails[0]?.html).toContain(`<html lang="${language}">`);
  });

  it('names nobody with protected identity, in no part of it', async () => {
    await steps.subscribe([reader()]);
    const hidden = { ...person('l9'), familyName: 'Hemlig', email: 'hemlig', protectedIdentity: true };
    steps.world.records = [...school(1), hidden, { ...person('l8'), familyName: 'Öppen', email: '' }];
    await steps.sync();
    await deliver();
    const [mail] = mailbox.mails;
    const file = mail?.attachments[0]?.content.toString() ?? '';
    expect(file).toContain('Öppen');
    expect(file).toContain('Protected person');
    expect([mail?.subject, mail?.text, mail?.html, file].join('\n')).not.toMatch(/Hemlig/i);
  });

  it('has the literal subjects that customers’ mail rules know, held being a failure', async () => {
    await steps.subscribe([reader({ kinds: ['completed'] })], { mailSubjects: 'import' });
    await twentyGone();
    await deliver();
    expect(mailbox.mails.map(({ subject }) => subject)).toEqual([
      'Import finished with status Completed',
      'Import finished with status Failed',
    ]);
  });

  it('of failed credentials says what to do and whose move it is, and whom to ask', async () => {
    await steps.subscribe([reader()], { contact: { department: { name: 'IT desk', mail: 'it@school.example' } } });
    await steps.failed('SOURCE_AUTH_REFUSED');
    await deliver();
    expect(mailbox.mails[0]?.subject).toMatch(/failed, SOURCE_AUTH_REFUSED$/);
    expect(mailbox.mails[0]?.text).toContain('Whose move it is: the school.');
    expect(mailbox.mails[0]?.text).toMatch(/IT desk\n {2}At the school, it@school\.example/);
  });
});

describe('a webhook', () => {
  beforeEach(async () => {
    await steps.subscribe([hook()]);
    await steps.setWebhookSecret(receiver.url, secret);
    steps.world.records = school(1);
  });

  it('gets a signed request that its receiver can verify, without names of people', async () => {
    await steps.sync();
    await deliver();
    const [request, ...more] = receiver.received;
    expect(more).toEqual([]);
    const header = String(request?.headers['rollcall-signature']);
    const [, timestamp, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header) ?? [];
    const expected = createHmac('sha256', secret).update(`${timestamp}.${request?.body}`).digest('hex');
    expect(signature).toBe(expected);
    expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(60);
    expect(JSON.parse(request?.body ?? '')).toMatchObject({
      schema: 'rollcall.message/1',
      kind: 'completed',
      connection: { code: 'timetable' },
      run: { number: 1, state: 'completed', held: 0 },
    });
  });

  it('that answers 500 gets it again later under the same id, and once only after 200', async () => {
    receiver.statuses = [500, 503];
    await steps.sync();
    await deliver();
    expect(await deliveries()).toMatchObject([
      { state: 'failed', attempts: 1, error: 'The webhook answered with status 500.' },
    ]);
    await deliver();
    expect(receiver.received).toHaveLength(1);
    const pauses = [];
    for (let round = 0; round < 2; round += 1) {
      const [row] = await steps.query<{ pause: number }>(
        'select extract(epoch from next_try_at - clock_timestamp())::int as pause from delivery',
      );
      pauses.push(row?.pause);
      await due();
      await deliver();
    }
    expect(pauses[0]).toBeGreaterThan(20);
    expect(pauses[1]).toBeGreaterThan(50);
    expect(await deliveries()).toMatchObject([{ state: 'sent', attempts: 3, error: '' }]);
    expect(new Set(receiver.received.map(({ headers }) => headers['rollcall-delivery'])).size).toBe(1);
    await due();
    await deliver();
    expect(receiver.received).toHaveLength(3);
  });

  it('in our own network is refused, unless the operator allows its host', async () => {
    await steps.sync();
    await deliver({ allowHosts: [] });
    expect(receiver.received).toEqual([]);
    expect(await deliveries()).toMatchObject([
      { state: 'given-up', error: expect.stringContaining('HOST_NOT_ALLOWED') },
    ]);
  });

  it('is tried no more after 16 attempts', async () => {
    await steps.sync();
    await steps.query('update delivery set attempts = 15');
    receiver.statuses = [500];
    await deliver();
    expect(await deliveries()).toMatchObject([{ state: 'given-up', attempts: 16 }]);
  });

  it('without a secret waits, and says how to set one', async () => {
    await steps.query('delete from webhook_secret');
    await steps.sync();
    await deliver();
    expect(await deliveries()).toMatchObject([
      { state: 'failed', error: expect.stringMatching(/rollcall secret set school-\w+ http/) },
    ]);
    await steps.setWebhookSecret(receiver.url, secret);
    await deliver();
    expect(await deliveries()).toMatchObject([{ state: 'sent' }]);
  });
});

describe('who is told', () => {
  it('nobody but admins while the connection is in trial (invariant 12)', async () => {
    await steps.subscribe([admin, reader({ address: 'reader@school.example' }), hook()]);
    await steps.setWebhookSecret(receiver.url, secret);
    await steps.trial();
    steps.world.records = school(1);
    await steps.sync();
    await deliver();
    expect(mailbox.to(admin.address)).toHaveLength(1);
    expect(mailbox.mails).toHaveLength(1);
    expect(mailbox.mails[0]?.text).toContain('in trial');
    expect(receiver.received).toEqual([]);
  });

  it('nobody but admins of what was told before a connection went back into trial', async () => {
    await steps.subscribe([admin, reader({ address: 'reader@school.example' })]);
    steps.world.records = school(1);
    await steps.sync();
    await steps.trial();
    await deliver();
    expect(mailbox.mails).toHaveLength(1);
    expect(await deliveries()).toMatchObject([{ state: 'sent' }, { state: 'given-up', error: /trial/ }]);
  });

  it('once, however often the same thing is told, and although subscribed twice', async () => {
    await steps.subscribe([reader()]);
    await steps.subscribeToAll([reader({ language: 'fr' })]);
    steps.world.records = school(1);
    await steps.sync();
    await Promise.all([deliver(), deliver()]);
    await deliver();
    expect(mailbox.mails).toHaveLength(1);
    expect(mailbox.mails[0]?.html).toContain('lang="en"');
  });

  it('again under the same Message-ID after a crash between sending and noting it', async () => {
    await steps.subscribe([reader()]);
    steps.world.records = school(1);
    await steps.sync();
    await deliver();
    await steps.query(`update delivery set state = 'waiting', next_try_at = now()`);
    await deliver();
    expect(mailbox.mails).toHaveLength(2);
    expect(new Set(mailbox.mails.map(({ messageId }) => messageId)).size).toBe(1);
  });

  it('nobody who is refused for good is tried again, and nothing the server said is kept', async () => {
    await steps.subscribe([reader(), reader({ address: 'later@school.example' })]);
    mailbox.refused.set('ada@school.example', 550).set('later@school.example', 451);
    steps.world.records = school(1);
    await steps.sync();
    await deliver();
    const rows = await deliveries();
    expect(rows).toMatchObject([{ state: 'given-up' }, { state: 'failed' }]);
    expect(rows[0]?.error).toBe('The mail server refused the recipient or our own address (status 550).');
    mailbox.refused.clear();
    await due();
    await deliver();
    expect(mailbox.to('later@school.example')).toHaveLength(1);
    expect(mailbox.mails).toHaveLength(1);
  });

  it('everybody waits without a mail server, and the list says why', async () => {
    await steps.subscribe([reader()]);
    steps.world.records = school(1);
    await steps.sync();
    await deliver({ mail: false });
    expect(await deliveries()).toMatchObject([
      { state: 'waiting', attempts: 0, error: expect.stringContaining('ROLLCALL_SMTP_URL') },
    ]);
    await deliver();
    expect(mailbox.mails).toHaveLength(1);
  });
});

describe('one mail a day', () => {
  it('has the day’s runs, and goes out in the morning; a hold does not wait for it', async () => {
    await steps.subscribe([reader({ daily: true })]);
    await twentyGone();
    for (const hold of await steps.holds()) await steps.lookAt(hold);
    await deliver();
    expect(mailbox.mails.map(({ subject }) => subject)).toEqual([expect.stringMatching(/20 changes wait/)]);
    await steps.hoursLater(24);
    await deliver();
    await deliver();
    expect(mailbox.mails).toHaveLength(2);
    expect(mailbox.mails[1]?.subject).toMatch(/the day’s runs$/);
    expect(mailbox.mails[1]?.text).toContain('2 messages');
    expect(mailbox.mails[1]?.text).toMatch(/timetable: completed, 42 changes/);
    expect(mailbox.mails[1]?.text).toMatch(/timetable: completed, 20 held, nothing changed/);
    expect(mailbox.mails[1]?.messageId).toMatch(/^<digest-/);
  });

  it('does not hold back refused credentials', async () => {
    await steps.subscribe([reader({ daily: true })]);
    await steps.failed('TARGET_AUTH_REFUSED');
    await steps.failed('SOURCE_FORBIDDEN');
    await deliver();
    expect(mailbox.mails.map(({ subject }) => subject)).toEqual([expect.stringContaining('TARGET_AUTH_REFUSED')]);
  });
});

describe('a start', () => {
  it('is told to who wants to know, and written down for nobody else', async () => {
    steps.world.records = school(1);
    await steps.sync();
    expect(await steps.query('select from message')).toEqual([]);
    await steps.subscribe([reader({ kinds: ['started'] })]);
    await steps.sync();
    await steps.sync({ preview: true });
    await deliver();
    expect(mailbox.mails.map(({ subject }) => subject)).toEqual([expect.stringMatching(/: started$/)]);
  });
});
