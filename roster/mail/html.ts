import { type Block, type ListItem, type MailDocument, numberIn, type Tone } from './document.ts';

/*
 * HTML as mail programs take it: tables, styles on the elements, no script, nothing fetched from anywhere.
 */

const ink = '#1f2933';
const soft = '#52606d';
const faint = '#7b8794';
const line = '#e4e7eb';
const font = `font-family:-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif`;
const mono = `font-family:Menlo,Consolas,'Liberation Mono',monospace`;
const tones: Readonly<Record<Tone, { back: string; edge: string; text: string }>> = {
  good: { back: '#edf7f0', edge: '#2f855a', text: '#1c5238' },
  waits: { back: '#fff8e6', edge: '#b7791f', text: '#6b4710' },
  bad: { back: '#fdf0ef', edge: '#c0392b', text: '#7b2118' },
  plain: { back: '#f0f4f8', edge: '#486581', text: '#243b53' },
};

/** A mail as HTML. Every text is escaped here, so that no caller can forget it. */
export function renderHtml(mail: MailDocument): string {
  return `<!doctype html>
<html lang="${escaped(mail.language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light">
<title>${escaped(mail.subject)}</title>
</head>
<body style="margin:0;padding:0;background:#f5f7fa;color:${ink};${font};-webkit-text-size-adjust:100%">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f5f7fa"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:640px;background:#ffffff;border:1px solid ${line};border-radius:8px"><tr><td style="padding:24px 28px 28px;text-align:left">
${mail.blocks.map((block) => htmlOf(block, mail.language)).join('\n')}
</td></tr></table>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:640px"><tr><td style="padding:16px 28px;font-size:12px;line-height:1.5;color:${soft};text-align:left">${escaped(mail.footer)}</td></tr></table>
</td></tr></table>
</body>
</html>
`;
}

function htmlOf(block: Block, language: string): string {
  switch (block.type) {
    case 'status': {
      const { back, edge, text } = tones[block.tone];
      const below =
        block.below === ''
          ? ''
          : `<div style="font-size:14px;line-height:1.5;margin-top:4px">${escaped(block.below)}</div>`;
      return `<div style="background:${back};border-left:4px solid ${edge};border-radius:4px;padding:14px 18px;color:${text}"><div style="font-size:19px;font-weight:600;line-height:1.35">${escaped(block.text)}</div>${below}</div>`;
    }
    case 'heading':
      return `<h2 style="font-size:15px;font-weight:600;margin:28px 0 8px;color:${ink}">${escaped(block.text)}</h2>`;
    case 'text':
      return `<p style="font-size:14px;line-height:1.55;margin:12px 0 0">${escaped(block.text)}</p>`;
    case 'small':
      return `<p style="font-size:12px;line-height:1.5;margin:8px 0 0;color:${soft}">${escaped(block.text)}</p>`;
    case 'table':
      return table(block.heads, block.rows, language);
    case 'command':
      return `<p style="font-size:13px;line-height:1.5;margin:14px 0 4px;color:${soft}">${escaped(block.label)}</p><div style="${mono};font-size:13px;line-height:1.5;background:#f0f4f8;border-radius:4px;padding:9px 12px;word-break:break-word">${escaped(block.command)}</div>`;
    case 'link':
      return `<p style="margin:18px 0 0"><a href="${escaped(webOnly(block.url))}" style="display:inline-block;background:#334e68;color:#ffffff;font-size:14px;font-weight:600;text-decoration:none;border-radius:4px;padding:9px 16px">${escaped(block.label)}</a></p>`;
    case 'list':
      return block.items.map(itemOf).join('');
  }
}

function itemOf({ head, text, code }: ListItem): string {
  const named =
    code === undefined
      ? ''
      : `<div style="${mono};font-size:11px;line-height:1.5;color:${faint};margin-top:2px">${escaped(code)}</div>`;
  return `<div style="border-top:1px solid ${line};padding:9px 0"><div style="font-size:14px;line-height:1.5;font-weight:600">${escaped(head)}</div><div style="font-size:13px;line-height:1.5;color:${soft}">${escaped(text)}</div>${named}</div>`;
}

function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[], language: string): string {
  const right = heads.map((_, column) => rows.every((row) => typeof row[column] === 'number'));
  const align = (column: number) => (right[column] ? 'right' : 'left');
  const pad = (column: number) => (column === heads.length - 1 ? '7px 0' : '7px 16px 7px 0');
  const head = heads
    .map(
      (text, column) =>
        `<th align="${align(column)}" style="font-size:12px;font-weight:600;color:${soft};padding:${pad(column)};border-bottom:1px solid ${line}">${escaped(text)}</th>`,
    )
    .join('');
  const body = rows
    .map(
      (row) =>
        `<tr>${row
          .map(
            (cell, column) =>
              `<td align="${align(column)}" style="font-size:14px;padding:${pad(column)};border-bottom:1px solid ${line};font-variant-numeric:tabular-nums${cell === 0 ? `;color:${faint}` : ''}">${escaped(typeof cell === 'number' ? numberIn(language, cell) : cell)}</td>`,
          )
          .join('')}</tr>`,
    )
    .join('');
  return `<table width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse"><tr>${head}</tr>${body}</table>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text as HTML shows it, in an element or an attribute. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

/** An address that a reader's program may open; anything else leads nowhere. */
function webOnly(url: string): string {
  return /^https?:\/\//i.test(url) ? url : '#';
}
