import { type Block, type ListItem, type MailDocument, numberIn } from './document.ts';

/** A mail as plain text, lines of at most 76 characters but for tables and commands. */
export function renderText({ blocks, footer, language }: MailDocument): string {
  return `${[...blocks.map((block) => textOf(block, language)), `-- \n${wrapped(footer)}`].join('\n\n')}\n`;
}

function textOf(block: Block, language: string): string {
  switch (block.type) {
    case 'status':
      return `${block.text}\n${'='.repeat(Math.min(76, [...block.text].length))}\n${wrapped(block.below)}`.trimEnd();
    case 'heading':
      return `${block.text}\n${'-'.repeat(Math.min(76, [...block.text].length))}`;
    case 'text':
    case 'small':
      return wrapped(block.text);
    case 'table':
      return table(block.heads, block.rows, language);
    case 'command':
      return `${wrapped(block.label)}\n    ${oneLine(block.command)}`;
    case 'link':
      return `${block.label}\n    ${block.url}`;
    case 'list':
      return block.items.map(itemOf).join('\n');
  }
}

function itemOf({ head, text, code }: ListItem): string {
  return `* ${wrapped(code === undefined ? head : `${head} (${code})`, 2)}\n  ${wrapped(text, 2)}`.trimEnd();
}

function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[], language: string): string {
  const shown = (cell: string | number) => oneLine(typeof cell === 'number' ? numberIn(language, cell) : cell);
  const cells = [heads, ...rows].map((row) => row.map(shown));
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => [...(row[column] ?? '')].length)));
  const right = heads.map((_, column) => rows.every((row) => typeof row[column] === 'number'));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const blanks = ' '.repeat((widths[column] ?? 0) - [...cell].length);
        return right[column] ? blanks + cell : cell + blanks;
      })
      .join('  ')
      .trimEnd();
  return cells.map(line).join('\n');
}

function wrapped(text: string, indent = 0): string {
  const lines: string[] = [''];
  for (const word of oneLine(text).split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && [...last].length + 1 + [...word].length > 76 - indent) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}

/** What comes from outside must not begin a line of its own, which would pass for ours. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
