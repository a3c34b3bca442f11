import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { program } from '../../client/cli/program.ts';
import { errorsPage } from '../../client/errors-page.ts';

const repository = join(import.meta.dirname, '..', '..');
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(repository, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  'connectors/alcuin/README.md',
  'connectors/edusign/README.md',
];

/** Every call of ours that a page shows, as words; quotes and what stands for something are left out. */
function callsIn(page: string): string[][] {
  const text = readFileSync(join(repository, page), 'utf8');
  const spans = [...text.matchAll(/```[a-z]*\n([\s\S]*?)```|`([^`\n]+)`/g)].map(
    ([, block, span]) => block ?? span ?? '',
  );
  return spans
    .flatMap((span) => span.split('\n'))
    .flatMap((line) => [...line.matchAll(/(?:^|\s|npx )rollcall ([a-z][^`|#]*)/g)].map(([, words]) => words ?? ''))
    .map((words) =>
      words
        .replace(/"[^"]*"/g, 'X')
        .split(/[\s,[\]]+/)
        .filter((word) => word !== ''),
    );
}

/** The command that words name, and the words that are left. */
function resolve(command: Command, words: string[]): { command: Command; rest: string[] } {
  const [first, ...rest] = words;
  const found = command.commands.find((one) => one.name() === first);
  return found === undefined ? { command, rest: words } : resolve(found, rest);
}

describe('the pages', () => {
  it.each(pages)('%s names only commands and options that there are', (page) => {
    for (const words of callsIn(page)) {
      const { command, rest } = resolve(program(), words);
      expect(command.name(), `${page}: rollcall ${words.join(' ')}`).not.toBe('rollcall');
      const known = command.options.flatMap(({ long, short }) => [long, short]);
      const used = rest.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.replace(/[).:;]+$/, ''));
      expect(
        used.filter((option) => !known.includes(option) && option !== '--help'),
        `${page}: rollcall ${words.join(' ')}`,
      ).toEqual([]);
    }
  });

  it('show calls at all: the search above finds them', () => {
    expect(pages.flatMap(callsIn).length).toBeGreaterThan(30);
  });

  it('docs/errors.md is what "npm run docs:errors" makes of the codes', () => {
    expect(readFileSync(join(repository, 'docs', 'errors.md'), 'utf8')).toBe(errorsPage());
  });
});
