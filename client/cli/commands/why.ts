import { nextRunOf } from '../../../activities/next-run.ts';
import { systems } from '../../../connectors/registry.ts';
import { findingMeanings, isFindingCode } from '../../../roster/finding-codes.ts';
import { connectionVerdict, type Verdict, verdictOf, type WhyFacts } from '../../../roster/why.ts';
import { type Language, languages, moveOf, replyOf, sentenceOf, type Telling } from '../../../roster/why-texts.ts';
import { type Connection, readConnection } from '../../../store/connections.ts';
import type { Transaction } from '../../../store/database.ts';
import { type FoundRecord, findRecords } from '../../../store/find.ts';
import {
  type LessonOf,
  lessonsOf,
  type MissingFrom,
  missingFrom,
  type RecordRef,
  stuckAttendance,
  type TimelineEntry,
  timelineOf,
  whyFacts,
} from '../../../store/why.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { localTime, paint, print, printJson, printTable, printWrapped } from '../output.ts';
import { findConnection, withSession } from '../session.ts';
import { auditRead, printFound } from './find.ts';

/** Everything that answers "why" for one record. */
interface Answer {
  readonly facts: WhyFacts;
  readonly verdict: Verdict;
  readonly lessons: readonly LessonOf[];
  readonly missing: readonly MissingFrom[];
  readonly timeline: readonly TimelineEntry[];
}

/** Why a record is as it is at the target: the verdict first, then what happened over runs. */
export async function why(name: string, words: string, options: { reply?: string; json?: boolean }): Promise<number> {
  const language = languages.find((known) => known === (options.reply ?? 'en'));
  if (language === undefined) throw new UsageError(`--reply takes ${languages.join(', ')}.`);
  return withSession('why', async (session) => {
    const { organisationId, connectionId } = await findConnection(session.db, name);
    const { connection, chosen, several, nextRunAt, answer } = await session.db.organisation(
      organisationId,
      async (tx) => {
        const connection = await readConnection(tx, connectionId);
        const { chosen, several } = await choose(tx, connectionId, words);
        await auditRead(tx, session, { organisationId, connectionId, action: 'why' }, several.length);
        const nextRunAt = await nextRunOf(tx, connectionId);
        return {
          connection,
          chosen,
          several,
          nextRunAt,
          answer: chosen === undefined ? undefined : await answerFor(tx, chosen),
        };
      },
    );
    if (chosen === undefined || answer === undefined) {
      if (options.json) printJson('why', { connection: name, several });
      else printSeveral(name, words, several);
      return exitCodes.usage;
    }
    const telling = { ...tellingOf(connection, language), ...(nextRunAt === undefined ? {} : { nextRunAt }) };
    if (options.json)
      printJson('why', {
        connection: name,
        record: { kind: chosen.kind, syncKey: chosen.syncKey },
        ...answer,
        sentence: sentenceOf(answer.verdict, telling),
        move: moveOf(answer.verdict, telling),
      });
    else if (options.reply !== undefined) print(replyOf(nameOf(answer, chosen, words), answer.verdict, telling));
    else printAnswer(nameOf(answer, chosen, words), chosen, answer, telling);
    return exitCodes.done;
  });
}

function printSeveral(name: string, words: string, several: readonly FoundRecord[]): void {
  const first = several.find(({ syncKey }) => syncKey !== '');
  print(
    `"${words}" fits several records. Name one by kind and key, or by its id at the target${first === undefined ? '.' : ', as in:'}`,
  );
  if (first !== undefined) print(`  rollcall why ${name} ${first.kind}:${first.syncKey}`);
  print();
  printFound(several.map((record) => ({ ...record, connection: name })));
}

/** What is asked about: a record, or an object that only the target has. */
interface Chosen extends RecordRef {
  readonly atTarget: FoundRecord['atTarget'];
  readonly label: string;
}

/** The one record that is meant: `kind:key`, or words that fit one record clearly better than any other. */
async function choose(
  tx: Transaction,
  connectionId: string,
  words: string,
): Promise<{ chosen?: Chosen; several: readonly FoundRecord[] }> {
  const named = /^(person|learner|instructor|group|lesson):(.+)$/.exec(words.trim());
  const unknown = { connectionId, atTarget: [], label: '' };
  if (named !== null) {
    const [, kind, syncKey = ''] = named;
    return {
      chosen: { ...unknown, kind: kind === 'lesson' || kind === 'group' ? kind : 'person', syncKey },
      several: [],
    };
  }
  const found = await findRecords(tx, words, { connectionId, limit: 12 });
  const [first, second] = found;
  // Never seen: the answer says where it was looked for.
  if (first === undefined) return { chosen: { ...unknown, kind: 'person', syncKey: words.trim() }, several: [] };
  const clear = second === undefined || (first.fit >= 3 && second.fit < first.fit) || first.fit - second.fit >= 1;
  return clear ? { chosen: first, several: found } : { several: found };
}

async function answerFor(tx: Transaction, chosen: Chosen): Promise<Answer> {
  const known = await whyFacts(tx, chosen);
  const unlinked = chosen.syncKey === '' ? chosen.atTarget.map((object) => ({ ...object, owns: false })) : [];
  const facts = { ...known, links: [...known.links, ...unlinked] };
  const lessons = chosen.kind === 'person' ? await lessonsOf(tx, chosen) : [];
  const missing = chosen.kind === 'lesson' ? await missingFrom(tx, chosen) : [];
  const verdict = verdictOf(facts, { lessons, missing, stuckAttendance: await stuckAttendance(tx, chosen) });
  return { facts, verdict, lessons, missing, timeline: await timelineOf(tx, chosen) };
}

function tellingOf(connection: Connection, language: Language): Telling {
  const nameOfSystem = (code: string) => systems.get(code)?.name ?? code;
  return {
    language,
    source: nameOfSystem(connection.source.system),
    target: nameOfSystem(connection.target.system),
    zone: connection.timeZone,
  };
}

function nameOf({ facts }: Answer, { label }: Chosen, words: string): string {
  return facts.record?.label || label || words;
}

function printAnswer(name: string, { kind, syncKey }: RecordRef, answer: Answer, telling: Telling): void {
  const { verdict, facts } = answer;
  const colour = verdict.code === 'AT_TARGET' ? 'green' : verdict.mover === 'nobody' ? 'cyan' : 'yellow';
  printWrapped(sentenceOf(verdict, telling), 0, colour);
  printWrapped(moveOf(verdict, telling), 0);
  // Whatever the record's own trouble is, nothing moves until this is over.
  const around = connectionVerdict(facts);
  if (around !== undefined && around.code !== verdict.code)
    printWrapped(`Besides: ${sentenceOf(around, telling)}`, 0, 'yellow');
  print();
  print(
    `${paint('bold', name)}${verdict.code === 'NEVER_SEEN' ? '' : `  ${paint('dim', `${kind} ${syncKey}`.trim())}`}`,
  );
  if (facts.record === null) printWhereLooked(facts, telling);
  for (const link of facts.links)
    print(`  at ${telling.target}: ${link.kind} ${link.targetId}, ${link.state}${link.owns ? '' : ', not ours'}`);
  for (const finding of facts.findings) printWrapped(`${finding.code}: ${finding.detail}`, 2);
  printLessons(answer.lessons);
  printMissing(answer.missing);
  if (answer.timeline.length === 0) return;
  print();
  printTable(['WHEN', 'RUN', 'WHAT HAPPENED'], answer.timeline.map(row));
}

function printWhereLooked({ lookedIn, inventoryAt }: WhyFacts, { source, target }: Telling): void {
  printWrapped(`looked for in ${source}: ${lookedIn}`, 2);
  printWrapped(
    inventoryAt === null
      ? `what ${target} holds was not listed yet`
      : `looked for in what ${target} holds, listed last at ${localTime(inventoryAt)}`,
    2,
  );
}

function printLessons(lessons: readonly LessonOf[]): void {
  if (lessons.length === 0) return;
  print();
  printTable(
    ['COMING LESSON', 'START', 'SENT', 'IN IT', 'WHY NOT'],
    lessons.map(({ label, startsAt, sent, placed, code }) => [
      label,
      localTime(startsAt),
      sent ? paint('green', 'yes') : paint('yellow', 'no'),
      placed ? paint('green', 'yes') : paint('yellow', 'no'),
      code ?? '',
    ]),
  );
}

function printMissing(missing: readonly MissingFrom[]): void {
  if (missing.length === 0) return;
  print();
  printTable(
    ['NOT ON THE SHEET', 'KEY', 'WHY'],
    missing.map(({ label, syncKey, code }) => [
      label,
      syncKey,
      code !== null && isFindingCode(code) ? findingMeanings[code].what.en : '',
    ]),
  );
}

function row(entry: TimelineEntry): string[] {
  return [localTime(entry.at), entry.run === null ? '' : `#${entry.run}`, happened(entry)];
}

/** One entry of the timeline in words. */
function happened(entry: TimelineEntry): string {
  switch (entry.sort) {
    case 'seen':
      return 'first named by the source';
    case 'absent':
      return 'no longer named by the source';
    case 'found':
      return `${entry.code}: ${entry.detail}`;
    case 'cleared':
      return `${entry.code} is over`;
    case 'decision':
      return `${entry.state} in hold ${entry.hold} by ${entry.actor}${entry.reason === '' ? '' : `: ${entry.reason}`}`;
    case 'attendance':
      return `attendance of "${entry.lesson}": ${entry.status}, ${entry.state}${entry.reason === '' ? '' : ` (${entry.reason})`}`;
    case 'change':
      return changed(entry);
  }
}

const verbs: Readonly<Record<string, string>> = {
  insert: 'created',
  adopt: 'adopted',
  update: 'changed',
  delete: 'deleted',
  restore: 'restored',
  archive: 'archived',
  rekey: 'moved',
};

function changed(entry: TimelineEntry & { sort: 'change' }): string {
  // A preview, or a trial, only showed it.
  if (entry.state === 'shown') return `would be ${verbs[entry.operation] ?? entry.operation} (preview)`;
  const what =
    entry.state === 'applied' ? (verbs[entry.operation] ?? entry.operation) : `${entry.operation} ${entry.state}`;
  const where = entry.targetId === null ? '' : ` as ${entry.kind} ${entry.targetId}`;
  const fields =
    entry.operation === 'update' || entry.operation === 'rekey' ? differences(entry.before, entry.after) : '';
  const because = entry.explanation === '' ? '' : `: ${entry.explanation}`;
  return `${what}${where}${fields}${because}`;
}

function differences(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): string {
  const plain = (value: unknown) => (Array.isArray(value) ? `${value.length} listed` : String(value ?? ''));
  const fields = Object.keys(after).filter(
    (field) => field in before && JSON.stringify(before[field]) !== JSON.stringify(after[field]),
  );
  return fields.length === 0
    ? ''
    : `; ${fields.map((field) => `${field}: ${plain(before[field])} → ${plain(after[field])}`).join(', ')}`;
}
