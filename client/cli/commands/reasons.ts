import { writeFile } from 'node:fs/promises';
import { type Catalogues, learnReasons, takesCodes } from '../../../activities/map-reasons.ts';
import { type Opening, openSource } from '../../../activities/open-systems.ts';
import { systems } from '../../../connectors/registry.ts';
import type { SourceReason } from '../../../roster/contracts.ts';
import { RollcallError } from '../../../roster/errors.ts';
import { bare, type MatchedHow } from '../../../roster/reason-matcher.ts';
import { findSourceReason, matchWith, type ReasonMatch } from '../../../roster/reasons.ts';
import { recordCommand } from '../../../store/commands.ts';
import { type Connection, readConnection } from '../../../store/connections.ts';
import {
  clearDefaultReason,
  type DefaultReason,
  decideReasons,
  type ReasonDecision,
  type ReasonRow,
  readDefaultReason,
  readReasons,
} from '../../../store/reasons.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { paint, print, printJson, printTable } from '../output.ts';
import { codeOf, type ReasonLine, readReasonsFile, reasonsCsv } from '../reasons-file.ts';
import { findConnection, type Session, withSession } from '../session.ts';

/** What a code is that stands for none: the reason goes in words. */
const inWords = '-';

interface Answered {
  readonly json?: boolean;
}

interface Decided extends Answered {
  readonly reason?: string;
}

/** Lists the target's reasons of absence, what each goes as, and how often it is in use; both catalogues are read for it. */
export async function reasons(name: string, options: { csv?: string } & Answered): Promise<number> {
  return withSession('reasons', async (session) => {
    const desk = await deskOf(session, name);
    const { catalogues, problem } = await learn(desk);
    const { rows, default: other } = await stand(desk);
    if (options.csv !== undefined) await writeFile(options.csv, reasonsCsv(rows, other));
    if (options.json) printJson('reasons', { connection: name, ...told(rows, other), problem: problem ?? null });
    else if (problem === undefined && catalogues === undefined) print(takesNone(name).message);
    else printReasons(name, rows, other);
    if (problem === undefined) return exitCodes.done;
    process.stderr.write(`The list is as it was read last. ${problem.code}: ${problem.message}\n`);
    return exitCodes.failed;
  });
}

/** Confirms what one reason goes as. */
export async function setReason(name: string, reason: string, code: string, options: Decided): Promise<number> {
  return withSession('reasons-set', async (session) => {
    const desk = await deskOf(session, name);
    const { reasonId } = await knownReason(desk, reason);
    return decide(desk, [{ reasonId, match: matchFor(code, await sourceCatalogue(desk)) }], options);
  });
}

/** Sets what every reason goes as that is not confirmed, or takes that back. */
export async function defaultReason(
  name: string,
  code: string | undefined,
  options: { clear?: boolean } & Decided,
): Promise<number> {
  if ((code === undefined) !== (options.clear ?? false)) {
    throw new UsageError('Give a code for the default, or --clear to have none.');
  }
  return withSession('reasons-set', async (session) => {
    const desk = await deskOf(session, name);
    if (code !== undefined) {
      return decide(desk, [{ reasonId: '', match: matchFor(code, await sourceCatalogue(desk)) }], options);
    }
    const { organisationId, connectionId } = desk.connection;
    const changed = await session.db.organisation(organisationId, async (tx) => {
      await recordCommand(tx, { ...commandOf(desk, options), detail: { default: null } });
      return clearDefaultReason(tx, connectionId);
    });
    if (options.json) printJson('reasons-set', { connection: name, changed: changed ? 1 : 0 });
    else print(changed ? 'There is no default any more: what is not confirmed waits.' : 'There was no default.');
    return exitCodes.done;
  });
}

/** Confirms proposals as they are: one, or all. */
export async function confirmReasons(
  name: string,
  reason: string | undefined,
  options: { all?: boolean } & Decided,
): Promise<number> {
  if ((reason === undefined) !== (options.all ?? false)) {
    throw new UsageError('Name the reason to confirm, or confirm every proposal with --all.');
  }
  return withSession('reasons-set', async (session) => {
    const desk = await deskOf(session, name);
    const chosen = reason === undefined ? (await stand(desk)).rows : [await knownReason(desk, reason)];
    const decisions = chosen.flatMap(({ reasonId, state, match }) =>
      state === 'proposed' && match !== null ? [{ reasonId, match }] : [],
    );
    if (reason !== undefined && decisions.length === 0 && chosen[0]?.state === 'open') {
      throw new UsageError(
        `Nothing is proposed for "${reason}". Choose: rollcall reasons set ${name} "${reason}" CODE`,
      );
    }
    return decide(desk, decisions, options);
  });
}

/** Takes what reasons go as from a file such as `--csv` writes. All lines or none. */
export async function importReasons(name: string, path: string, options: Decided): Promise<number> {
  const lines = await readReasonsFile(path);
  return withSession('reasons-set', async (session) => {
    const desk = await deskOf(session, name);
    // Both sides are asked, so that a file is judged by what there is now.
    if ((await learnOrFail(desk)) === undefined) throw takesNone(name);
    return decide(desk, decisionsIn(lines, await stand(desk), await sourceCatalogue(desk)), options);
  });
}

/** Every wrong line is told at once. A code that is as it was stays what it stands for, also where several reasons have it. */
function decisionsIn(
  lines: readonly ReasonLine[],
  known: Stand,
  source: readonly SourceReason[] | undefined,
): ReasonDecision[] {
  const decisions = new Map<string, ReasonDecision>();
  const problems: string[] = [];
  for (const { at, reason, code } of lines) {
    try {
      const row =
        reason === '*' ? { reasonId: '', match: known.default?.match ?? null } : findReason(known.rows, reason);
      const match = row.match !== null && codeOf(row.match) === code ? row.match : matchFor(code, source);
      const before = decisions.get(row.reasonId);
      if (before !== undefined && before.match.id !== match.id)
        throw new UsageError('It has another code in a line above.');
      decisions.set(row.reasonId, { reasonId: row.reasonId, match });
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      problems.push(`${at}: ${error.message}`);
    }
  }
  if (problems.length > 0) throw new UsageError(`Nothing was kept.\n${problems.join('\n')}`);
  return [...decisions.values()];
}

/** What the commands work on. */
interface Desk {
  readonly name: string;
  readonly session: Session;
  readonly connection: Connection;
  readonly opening: Opening;
}

async function deskOf(session: Session, name: string): Promise<Desk> {
  const { db, master, settings } = session;
  const { organisationId, connectionId } = await findConnection(db, name);
  const connection = await db.organisation(organisationId, (tx) => readConnection(tx, connectionId));
  const proxy = settings.proxy === undefined ? {} : { proxy: settings.proxy };
  return { name, session, connection, opening: { db, master, systems, allowHosts: settings.allowHosts, ...proxy } };
}

const never = () => new AbortController().signal;

function learnOrFail({ opening, connection }: Desk): Promise<Catalogues | undefined> {
  return learnReasons(opening, connection, never());
}

/** What keeps a system from being asked is told beside the list, which is kept. */
async function learn(desk: Desk): Promise<{ catalogues?: Catalogues | undefined; problem?: RollcallError }> {
  try {
    return { catalogues: await learnOrFail(desk) };
  } catch (error) {
    if (error instanceof RollcallError) return { problem: error };
    throw error;
  }
}

/** How the reasons stand in the store. */
interface Stand {
  readonly rows: readonly ReasonRow[];
  readonly default: DefaultReason | undefined;
}

function stand({ session, connection }: Desk): Promise<Stand> {
  return session.db.organisation(connection.organisationId, async (tx) => ({
    rows: await readReasons(tx, connection.connectionId),
    default: await readDefaultReason(tx, connection.connectionId),
  }));
}

/** The source's reasons; undefined where it has no catalogue and codes are typed. */
async function sourceCatalogue({ opening, connection, name }: Desk): Promise<readonly SourceReason[] | undefined> {
  const source = await openSource(opening, connection, { signal: never() });
  if (!takesCodes(source)) throw takesNone(name);
  return source.reasons?.();
}

function takesNone(name: string): UsageError {
  return new UsageError(`The source of ${name} takes no reasons as codes: there is nothing to map.`);
}

function matchFor(typed: string, source: readonly SourceReason[] | undefined): ReasonMatch {
  const code = typed.trim();
  if (code === inWords) return { id: '', code: '', caption: '' };
  if (source === undefined) {
    if (/^[^\p{Cc}]{1,100}$/u.test(code)) return { id: code, code, caption: '' };
    throw new UsageError(`"${typed}" is no code of a reason.`);
  }
  const found = findSourceReason(code, source);
  if (found !== undefined) return matchWith(found);
  const list = source
    .map((one) => `${one.code} (${one.caption}${one.id === one.code ? '' : `, id ${one.id}`})`)
    .join('; ');
  throw new UsageError(
    `The source has no reason "${code}", or several: then write the id. There are: ${list || 'none'}.`,
  );
}

/** By number or name; one that is not known yet may be new at the target. */
async function knownReason(desk: Desk, text: string): Promise<ReasonRow> {
  const { rows } = await stand(desk);
  if (fitting(rows, text).length === 0) await learnOrFail(desk);
  return findReason((await stand(desk)).rows, text);
}

function findReason(rows: readonly ReasonRow[], text: string): ReasonRow {
  const [only, another] = fitting(rows, text);
  if (only !== undefined && another === undefined) return only;
  const list = rows.map(({ reasonId, name }) => `${reasonId} (${name || 'without a name'})`).join(', ');
  throw new UsageError(
    only === undefined
      ? `The target has no reason "${text}". There are: ${list || 'none'}.`
      : `"${text}" is more than one reason. Write its number: ${list}.`,
  );
}

function fitting(rows: readonly ReasonRow[], text: string): readonly ReasonRow[] {
  const byId = rows.filter(({ reasonId }) => reasonId === text.trim());
  return byId.length > 0 ? byId : rows.filter(({ name }) => bare(name) !== '' && bare(name) === bare(text));
}

function commandOf({ session, connection }: Desk, { reason }: Decided) {
  const { organisationId, connectionId } = connection;
  const { name: actor, role } = session.actor;
  return { organisationId, connectionId, action: 'reasons-set', actor, role, reason: reason ?? '' };
}

async function decide(desk: Desk, decisions: readonly ReasonDecision[], options: Decided): Promise<number> {
  const { session, connection, name } = desk;
  const detail = {
    reasons: decisions.map(({ reasonId, match }) => ({ reason: reasonId || 'default', code: match.code })),
  };
  const changed = await session.db.organisation(connection.organisationId, async (tx) => {
    await recordCommand(tx, { ...commandOf(desk, options), detail });
    return decideReasons(tx, connection, session.actor.name, decisions);
  });
  if (options.json) printJson('reasons-set', { connection: name, changed });
  else {
    const count = `${changed} reason${changed === 1 ? '' : 's'}`;
    print(
      changed === 0
        ? 'Nothing changed.'
        : `${count} confirmed. The next run sends what waited, and again what it changes.`,
    );
  }
  return exitCodes.done;
}

function told(rows: readonly ReasonRow[], other: DefaultReason | undefined): object {
  return {
    default: other === undefined ? null : { ...other.match, decidedBy: other.decidedBy, decidedAt: other.decidedAt },
    reasons: rows.map(({ reasonId, name, state, match, how, decidedBy, decidedAt, uses, lines, unmappedLines }) => ({
      id: reasonId,
      name,
      state,
      match,
      how,
      decidedBy: decidedBy === '' ? null : decidedBy,
      decidedAt,
      uses,
      lines,
      unmappedLines,
    })),
  };
}

const colours = { open: 'red', proposed: 'yellow', confirmed: 'green' } as const;

function printReasons(name: string, rows: readonly ReasonRow[], other: DefaultReason | undefined): void {
  if (rows.length === 0) print('The target names no reason of absence.');
  else
    printTable(
      ['REASON', 'NAME', 'GOES AS', 'STATE', 'IN USE', 'WAITING'],
      rows.map((row) => [
        row.reasonId,
        row.name,
        matchText(row.match),
        stateText(row),
        row.uses === null ? String(row.lines) : String(Math.max(row.uses, row.lines)),
        row.unmappedLines === 0 ? '' : paint('red', String(row.unmappedLines)),
      ]),
    );
  print();
  print(
    other === undefined
      ? 'There is no default: absences whose reason is not confirmed wait.'
      : `Whatever is not confirmed goes as ${matchText(other.match)} (default by ${other.decidedBy}).`,
  );
  if (rows.some(({ state }) => state === 'proposed'))
    print(paint('dim', `Confirm what fits: rollcall reasons confirm ${name} --all`));
  if (rows.some(({ state }) => state === 'open'))
    print(paint('dim', `Choose for the others: rollcall reasons set ${name} REASON CODE`));
}

function matchText(match: ReasonMatch | null): string {
  if (match === null) return '';
  return match.id === '' ? 'words' : [match.code, match.caption].filter((text) => text !== '').join(' ');
}

const howTexts: Readonly<Record<MatchedHow, string>> = {
  code: 'same code',
  text: 'same text',
  case: 'same but for case',
  accents: 'same but for accents',
  synonym: 'synonym',
};

function stateText({ state, how, decidedBy }: ReasonRow): string {
  const more =
    state === 'proposed' && how !== null ? ` (${howTexts[how]})` : state === 'confirmed' ? ` by ${decidedBy}` : '';
  return paint(colours[state], state) + more;
}
