import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { recordCommand } from '../../../store/commands.ts';
import { type MatchDecision, saveDecisions } from '../../../store/matches.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { print, printJson } from '../output.ts';
import { findConnection, withSession } from '../session.ts';

const kinds = ['instructor', 'learner', 'group', 'lesson'] as const;
const rows = z.array(z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) }));
const row = z.tuple([z.enum(kinds), z.string().min(1)]);

/** Takes decisions on what fits more than one object, from the file that "rollcall trial --csv" wrote. All lines or none. */
export async function matches(
  name: string,
  path: string,
  options: { reason?: string; json?: boolean },
): Promise<number> {
  const decisions = await readDecisions(path);
  return withSession('match-decide', async ({ db, actor }) => {
    const { organisationId, connectionId } = await findConnection(db, name);
    await db.organisation(organisationId, async (tx) => {
      const commandId = await recordCommand(tx, {
        organisationId,
        connectionId,
        action: 'match-decide',
        actor: actor.name,
        role: actor.role,
        reason: options.reason ?? '',
        detail: { decisions: decisions.length },
      });
      await saveDecisions(tx, { organisationId, connectionId, commandId }, decisions);
    });
    if (options.json) printJson('matches', { connection: name, decisions: decisions.length });
    else print(`${decisions.length} decisions kept. They count from the next plan on: rollcall trial ${name}`);
    return exitCodes.done;
  });
}

/** Every wrong line is told at once, and then nothing is kept. Lines without a decision are left for later. */
async function readDecisions(path: string): Promise<MatchDecision[]> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new UsageError(`The file ${path} cannot be read.`);
  });
  const problems: string[] = [];
  const decisions: MatchDecision[] = [];
  for (const { record, info } of readRows(path, text)) {
    const at = `${path}:${info.lines}`;
    const [kind = '', syncKey = '', , , , decision = '', other = ''] = record.map(unquoted);
    const word = decision.trim().toLowerCase();
    if (word === '' || (kind === 'kind' && info.lines === 1)) continue;
    const named = row.safeParse([kind, syncKey]);
    if (!named.success) problems.push(`${at}: kind is one of ${kinds.join(', ')}, and the key must not be empty.`);
    else if (word === 'new') decisions.push({ kind, syncKey, decision: 'new', other: '' });
    else if (word !== 'adopt' && word !== 'same')
      problems.push(`${at}: "${decision}" is no decision; write adopt, new or same.`);
    else if (other.trim() === '')
      problems.push(`${at}: ${word} needs the ${word === 'adopt' ? 'target id' : 'former key'} in the last column.`);
    else if (word === 'same' && kind !== 'learner' && kind !== 'instructor')
      problems.push(`${at}: same is for people; a ${kind} is adopted or new.`);
    else decisions.push({ kind, syncKey, decision: word, other: other.trim() });
  }
  if (problems.length > 0) throw new UsageError(`Nothing was kept.\n${problems.join('\n')}`);
  if (decisions.length === 0)
    throw new UsageError(`${path} holds no decision: write adopt, new or same into the sixth column.`);
  return decisions;
}

function readRows(path: string, text: string): z.infer<typeof rows> {
  try {
    return rows.parse(
      parse(text, { bom: true, info: true, relax_column_count: true, skip_empty_lines: true, delimiter: [',', ';'] }),
    );
  } catch (cause) {
    throw new UsageError(`${path} is not readable as CSV: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** The apostrophe that kept a spreadsheet from taking a cell for a formula. */
function unquoted(cell: string): string {
  return /^'[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell;
}
