import type { ParsedMail } from 'mailparser';
import { escaped } from '../roster/mail/html.ts';

/** A mail as it was caught. */
export interface CaughtMail {
  readonly id: string;
  readonly caughtAt: Date;
  readonly mail: ParsedMail;
}

const style = `
  :root { color-scheme: light; }
  body { margin: 0; background: #f5f7fa; color: #1f2933; font: 14px/1.5 -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; }
  header { background: #243b53; color: #fff; padding: 14px 24px; }
  header a { color: #fff; text-decoration: none; }
  header h1 { font-size: 16px; margin: 0; display: inline; }
  header span { color: #bcccdc; margin-left: 12px; font-size: 13px; }
  main { max-width: 980px; margin: 24px auto; padding: 0 16px; }
  table { width: 100%; border-collapse: collapse; background: #fff; border: 1px solid #e4e7eb; border-radius: 8px; }
  th { text-align: left; font-size: 12px; color: #52606d; padding: 10px 14px; }
  td { padding: 10px 14px; border-top: 1px solid #e4e7eb; vertical-align: top; }
  td a, dd a { color: #1f5f99; font-weight: 600; text-decoration: none; }
  td a:hover, td a:focus-visible, dd a:hover { text-decoration: underline; }
  time, .to { color: #52606d; white-space: nowrap; font-variant-numeric: tabular-nums; }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 14px; background: #fff; border: 1px solid #e4e7eb; border-radius: 8px; margin: 0 0 16px; padding: 14px 18px; }
  dt { color: #52606d; } dd { margin: 0; overflow-wrap: anywhere; }
  iframe { width: 100%; height: 78vh; border: 1px solid #e4e7eb; border-radius: 8px; background: #fff; }
  details { margin: 16px 0; } summary { cursor: pointer; font-weight: 600; }
  pre { background: #fff; border: 1px solid #e4e7eb; border-radius: 8px; padding: 16px 18px; overflow-x: auto; font-size: 13px; }
  .empty { background: #fff; border: 1px solid #e4e7eb; border-radius: 8px; padding: 36px; text-align: center; color: #52606d; }`;

/** The mails, newest first. */
export function catcherList(caught: readonly CaughtMail[]): string {
  const rows = caught.map(
    ({ id, caughtAt, mail }) =>
      `<tr><td><a href="/mails/${id}">${escaped(mail.subject ?? '(no subject)')}</a></td><td class="to">${escaped(recipientsOf(mail))}</td><td><time>${timeOf(caughtAt)}</time></td></tr>`,
  );
  const list =
    rows.length === 0
      ? '<p class="empty">No mail yet. They show here within seconds of a run, or of <code>rollcall messages test</code>.</p>'
      : `<table><thead><tr><th>Subject</th><th>To</th><th>Caught</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
  return page('Mails', `${rows.length} caught on this machine, sent nowhere`, list, true);
}

/** One mail: who and what, its HTML in a box, its text, its files. */
export function catcherMail({ id, caughtAt, mail }: CaughtMail): string {
  const files = mail.attachments.map(
    ({ filename, size }, number) =>
      `<a href="/mails/${id}/files/${number}">${escaped(filename ?? 'file')}</a> (${Math.ceil(size / 1024)} kB)`,
  );
  const lines: readonly [name: string, html: string][] = [
    ['Subject', `<strong>${escaped(mail.subject ?? '')}</strong>`],
    ['From', escaped(mail.from?.text ?? '')],
    ['To', escaped(recipientsOf(mail))],
    ['Caught', timeOf(caughtAt)],
    ['Message-ID', escaped(mail.messageId ?? '')],
    ...(files.length === 0 ? [] : [['Files', files.join(', ')] as [string, string]]),
  ];
  const html =
    typeof mail.html === 'string'
      ? `<iframe src="/mails/${id}/html" sandbox title="The mail as HTML"></iframe>`
      : '<p class="empty">This mail has no HTML.</p>';
  return page(
    mail.subject ?? 'Mail',
    '<a href="/">← all mails</a>',
    `<dl>${lines.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join('')}</dl>${html}<details><summary>The mail as text</summary><pre>${escaped(mail.text ?? '')}</pre></details>`,
  );
}

function page(title: string, about: string, body: string, reloads = false): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
${reloads ? '<meta http-equiv="refresh" content="10">' : ''}<title>${escaped(title)}</title><style>${style}</style></head>
<body><header><h1><a href="/">Rollcall mails</a></h1><span>${about}</span></header><main>${body}</main></body></html>
`;
}

function timeOf(moment: Date): string {
  return moment.toTimeString().slice(0, 8);
}

/** Who a mail is for. */
export function recipientsOf({ to }: ParsedMail): string {
  return [to ?? []]
    .flat()
    .map(({ text }) => text)
    .join(', ');
}
