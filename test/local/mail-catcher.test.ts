import axios from 'axios';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MailSender } from '../../connectors/mail.ts';
import { type MailCatcher, startMailCatcher } from '../../local/mail-catcher.ts';

let catcher: MailCatcher;
beforeEach(async () => {
  catcher = await startMailCatcher({ smtp: 0, page: 0 });
});
afterEach(() => catcher.stop());

async function send(subject: string, html: string): Promise<string> {
  const sender = new MailSender({ smtpUrl: catcher.smtpUrl, from: 'Rollcall <rollcall@demo.example>' });
  const files = [{ name: 'findings.csv', content: 'code\r\n' }];
  await sender.send({ to: 'ada@demo.example', messageId: 'm1', language: 'en', subject, text: 'As text', html, files });
  sender.close();
  const { data } = await axios.get<{ mails: { id: string }[] }>(`${catcher.pageUrl}/mails.json`);
  return data.mails[0]?.id ?? '';
}

describe('the mail catcher', () => {
  it('shows a mail with its HTML in a box, its text and its files', async () => {
    const id = await send('Completed', '<p>As HTML</p>');
    expect((await axios.get(catcher.pageUrl)).data).toContain('Completed');
    const { data } = await axios.get<string>(`${catcher.pageUrl}/mails/${id}`);
    expect(data).toContain('As text');
    expect(data).toContain('&lt;m1@demo.example&gt;');
    expect(data).toMatch(/<iframe src="\/mails\/\w+\/html" sandbox/);
    expect((await axios.get(`${catcher.pageUrl}/mails/${id}/html`)).data).toContain('<p>As HTML</p>');
    expect((await axios.get(`${catcher.pageUrl}/mails/${id}/files/0`)).data).toBe('code\r\n');
  });

  it('runs no script of a mail and fetches nothing for it', async () => {
    const id = await send(
      '<script>alert(1)</script>',
      '<script>alert(1)</script><img src="https://elsewhere.example/x">',
    );
    const { data: list } = await axios.get<string>(catcher.pageUrl);
    expect(list).not.toContain('<script>');
    const { headers } = await axios.get(`${catcher.pageUrl}/mails/${id}/html`);
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*img-src data:.*sandbox$/);
  });

  it('answers nobody who comes by another name', async () => {
    const asked = axios.get(catcher.pageUrl, { headers: { host: 'rebound.example' }, validateStatus: () => true });
    expect(await asked).toMatchObject({ status: 403 });
  });
});
