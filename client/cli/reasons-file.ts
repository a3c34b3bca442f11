import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import type { ReasonMatch } from '../../roster/reasons.ts';
import type { DefaultReason, ReasonRow } from '../../store/reasons.ts';
import { csv } from './csv.ts';
import { UsageError } from './exit-codes.ts';

const heads = ['reason', 'name', 'code (- for words)', 'caption', 'state', 'in use', 'waiting'];

/** The whole table, the default as reason `*`. "rollcall reasons import" reads it back: a line with a code is confirmed. */
export function reasonsCsv(rows: readonly ReasonRow[], other: DefaultReason | undefined): string {
  const cells = (reason: string, name: string, match: ReasonMatch | null) => [
    reason,
    name,
    codeOf(match),
    match?.caption ?? '',
  ];
  return csv(heads, [
    [...cells('*', 'every other reason', other?.match ?? null), other === undefined ? '' : 'confirmed', '', ''],
    ...rows.map(({ reasonId, name, match, state, uses, lines, unmappedLines }) => [
      ...cells(reasonId, name, match),
      state,
      String(Math.max(uses ?? 0, lines)),
      String(unmappedLines),
    ]),
  ]);
}

/** A match as people write it in files: its code, `-` for words, nothing where there is none. */
export function codeOf(match: ReasonMatch | null): string {
  if (match === null) return '';
  return match.id === '' ? '-' : match.code;
}

/** A line that says what a reason goes as. */
export interface ReasonLine {
  /** File and line, for errors. */
  readonly at: string;
  /** Number or name of the reason; `*` is the default. */
  readonly reason: string;
  readonly code: string;
}

const records = z.array(z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) }));

/** Lines without a code are left for later. */
export async function readReasonsFile(path: string): Promise<ReasonLine[]> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new UsageError(`The file ${path} cannot be read.`);
  });
  const lines = read(path, text).flatMap(({ record, info }) => {
    const [reason = '', name = '', code = ''] = record.map(unquoted);
    if (code === '' || (info.lines === 1 && reason === heads[0])) return [];
    return [{ at: `${path}:${info.lines}`, reason: reason === '' ? name : reason, code }];
  });
  if (lines.length === 0) throw new UsageError(`${path} holds no code: write one into the third column.`);
  return lines;
}

function read(path: string, text: string): z.infer<typeof records> {
  const how = {
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    delimiter: [',', ';'],
  } as const;
  try {
    return records.parse(parse(text, { ...how, delimiter: [...how.delimiter] }));
  } catch (cause) {
    throw new UsageError(`${path} is not readable as CSV: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** Without the apostrophe that kept a spreadsheet from taking a cell for a formula. */
function unquoted(cell: string): string {
  const text = cell.trim();
  return /^'[=+\-@\t\r]/.test(text) ? text.slice(1) : text;
}
