import { DateTime } from 'luxon';
import { type ChangeKind, changeKinds, type Operation } from '../changes.ts';
import { csv } from '../csv.ts';
import { errorMeanings, isErrorCode } from '../error-codes.ts';
import { type FindingCode, findingMeanings, isFindingCode } from '../finding-codes.ts';
import type { Language } from '../why-texts.ts';
import { type Block, type MailDocument, numberIn, type Tone } from './document.ts';
import type { Telling, ToldChange, ToldFinding, ToldHold, ToldRun } from './facts.ts';
import type { ContactPerson } from './kinds.ts';
import { gist, nameOf, statusOf, subjectOf } from './subject.ts';
import { fill, holdReasonWords, kindWords, moverWords, operationWords, words } from './words.ts';

/** Who reads, and what is known beside the message itself. */
export interface Reader {
  readonly language: Language;
  readonly address: string;
  /** When the next run of the connection starts, as an ISO instant, where that is known. */
  readonly nextRunAt?: string | undefined;
  /** Where people open Rollcall in a browser, where they can. */
  readonly publicUrl?: string | undefined;
}

/** The mail of one message. */
export function composeMail(telling: Telling, reader: Reader): MailDocument {
  const { language } = reader;
  const subject = subjectOf(telling, language);
  return { language, subject, blocks: blocksOf(telling, reader), footer: footerOf(telling, reader) };
}

/** One mail of many messages: the day's runs, the oldest first. */
export function composeDigest(tellings: readonly [Telling, ...Telling[]], reader: Reader): MailDocument {
  const { language } = reader;
  const [first] = tellings;
  const head = words.digest[language];
  const blocks: Block[] = [
    {
      type: 'status',
      tone: worst(tellings.map(toneOf)),
      text: `${first.organisation.name}: ${head.charAt(0).toLowerCase()}${head.slice(1)}`,
      below: fill(words.digestBelow[language], { count: tellings.length }),
    },
  ];
  for (const telling of tellings) {
    const when = timeIn(telling.createdAt, telling.organisation.timeZone, language);
    blocks.push({ type: 'heading', text: `${when} · ${nameOf(telling)}: ${gist(telling, language)}` });
    blocks.push(...bodyOf(telling, language));
  }
  const newest = new Map(tellings.map((telling) => [nameOf(telling), telling]));
  for (const telling of newest.values()) blocks.push(...holdsOfRun(telling, language), ...waysOn(telling, reader));
  const subject = `[Rollcall] ${first.organisation.code}: ${head.charAt(0).toLowerCase()}${head.slice(1)}`;
  return { language, subject, blocks, footer: footerOf(first, reader) };
}

function blocksOf(telling: Telling, reader: Reader): Block[] {
  const { language } = reader;
  return [
    { type: 'status', tone: toneOf(telling), text: statusOf(telling, language), below: belowStatus(telling, language) },
    // Who is asked to decide reads first on what.
    ...(telling.kind === 'held' ? holdBlocks(telling, language) : []),
    ...bodyOf(telling, language),
    ...(telling.kind === 'held' ? [] : holdsOfRun(telling, language)),
    ...waysOn(telling, reader),
  ];
}

/** What waits for a decision, below what else is said of a run. */
function holdsOfRun(telling: Telling, language: Language): Block[] {
  const { kind } = telling;
  return kind === 'completed' || kind === 'failed' || kind === 'approval-expired' ? holdBlocks(telling, language) : [];
}

function belowStatus({ organisation, connection, run, createdAt }: Telling, language: Language): string {
  const when = timeIn(run?.startedAt ?? createdAt, organisation.timeZone, language);
  const where =
    connection === null ? organisation.name : `${connection.name} (${organisation.code}/${connection.code})`;
  return `${where} · ${run === null ? when : fill(words.runOf[language], { number: run.number, when })}`;
}

export function toneOf({ kind, run, detail }: Telling): Tone {
  switch (kind) {
    case 'completed':
      return run !== null && run.held > 0 ? 'waits' : run?.planOnly ? 'plain' : 'good';
    case 'failed':
    case 'silence':
      return 'bad';
    case 'held':
    case 'approval-expired':
    case 'shape':
      return 'waits';
    case 'paused':
      return detail['phase'] === 'ended' ? 'good' : 'plain';
    default:
      return 'plain';
  }
}

function worst(tones: readonly Tone[]): Tone {
  return (['bad', 'waits', 'good'] as const).find((tone) => tones.includes(tone)) ?? 'plain';
}

/** What the message itself says, below its status. */
function bodyOf(telling: Telling, language: Language): Block[] {
  const { kind, detail, organisation, run } = telling;
  const zone = organisation.timeZone;
  switch (kind) {
    case 'completed':
      return run === null ? [] : runBlocks(run, language);
    case 'failed':
      return [...failureBlocks(detail, run, language), ...(run === null ? [] : runBlocks(run, language))];
    case 'held':
      return run === null ? [] : runBlocks(run, language);
    case 'decided': {
      const decided = fill(words.decidedBelow[language], { count: Number(detail['decided'] ?? 0) });
      return [
        { type: 'text', text: detail['startsRun'] === true ? `${decided} ${words.decidedRun[language]}` : decided },
      ];
    }
    case 'approval-expired':
      return [{ type: 'text', text: fill(words.expiredBelow[language], { count: Number(detail['changes'] ?? 0) }) }];
    case 'paused':
      return pauseBlocks(detail, zone, language);
    case 'silence':
      return silenceBlocks(detail, zone, language);
    case 'shape':
      return shapeBlocks(telling, language);
    case 'test':
      return [{ type: 'text', text: words.testBelow[language] }];
    case 'started':
      return [];
  }
}

function runBlocks(run: ToldRun, language: Language): Block[] {
  return [...countBlocks(run, language), ...changeBlocks(run, language), ...findingBlocks(run, language)];
}

function countBlocks({ before, after, planOnly }: ToldRun, language: Language): Block[] {
  const kinds = changeKinds.filter((kind) => (before[kind] ?? 0) + (after[kind] ?? 0) > 0);
  if (kinds.length === 0 || planOnly) return [];
  return [
    { type: 'heading', text: words.counts[language] },
    {
      type: 'table',
      heads: [words.kind[language], words.before[language], words.after[language]],
      rows: kinds.map((kind) => [kindWords[kind][language], before[kind] ?? 0, after[kind] ?? 0]),
    },
  ];
}

function changeBlocks({ changes, planOnly, state }: ToldRun, language: Language): Block[] {
  const heading: Block = { type: 'heading', text: (planOnly ? words.wouldChange : words.changes)[language] };
  if (changes.length === 0)
    return state === 'completed' && !planOnly ? [{ type: 'text', text: words.nothingDiffers[language] }] : [];
  const doneState = planOnly ? 'planned' : 'applied';
  const cells = [...new Map(changes.map((cell) => [`${cell.kind} ${cell.operation}`, cell])).values()];
  const count = (of: ToldChange, fits: (state: string) => boolean) =>
    changes
      .filter((cell) => cell.kind === of.kind && cell.operation === of.operation && fits(cell.state))
      .reduce((sum, cell) => sum + cell.count, 0);
  const isHeld = (state: string) => state === 'held' || state === 'waiting';
  return [
    heading,
    {
      type: 'table',
      heads: [
        words.kind[language],
        (planOnly ? words.toDo : words.done)[language],
        words.waiting[language],
        words.notDone[language],
      ],
      rows: cells.map((cell) => [
        whatOf(cell, language),
        count(cell, (state) => state === doneState),
        count(cell, isHeld),
        count(cell, (state) => state !== doneState && !isHeld(state)),
      ]),
    },
  ];
}

function whatOf({ kind, operation }: { kind: ChangeKind; operation: Operation }, language: Language): string {
  return `${kindWords[kind][language]}${language === 'fr' ? ' :' : ':'} ${operationWords[operation][language]}`;
}

const severities = ['error', 'warning', 'info'] as const;

function findingBlocks({ findings }: ToldRun, language: Language): Block[] {
  const rankOf = (code: FindingCode) => severities.indexOf(findingMeanings[code].severity);
  const codes = Object.keys(findings)
    .filter(isFindingCode)
    .sort((a, b) => rankOf(a) - rankOf(b) || (findings[b] ?? 0) - (findings[a] ?? 0));
  if (codes.length === 0) return [];
  return [
    { type: 'heading', text: words.findings[language] },
    {
      type: 'list',
      items: codes.map((code) => {
        const { what, next, mover } = findingMeanings[code];
        const move = mover === 'nobody' ? '' : fill(words.whoseMove[language], { mover: moverWords[mover][language] });
        const count = numberIn(language, findings[code] ?? 0);
        return { head: `${count} × ${what[language]}`, text: `${next[language]} ${move}`.trim(), code };
      }),
    },
  ];
}

function failureBlocks(detail: Telling['detail'], run: ToldRun | null, language: Language): Block[] {
  const code = String(detail['code'] ?? run?.code ?? 'INTERNAL');
  if (!isErrorCode(code)) return [{ type: 'text', text: code }];
  const { what, next, mover } = errorMeanings[code];
  const step = detail['step'] ?? run?.failedStep;
  return [
    { type: 'heading', text: words.why[language] },
    { type: 'text', text: `${what[language]} (${code}${typeof step === 'string' ? `, ${step}` : ''})` },
    { type: 'text', text: same(what[language], next[language]) },
    { type: 'text', text: fill(words.whoseMove[language], { mover: moverWords[mover][language] }) },
  ];
}

/** What to do next, without what was said a line above. */
function same(what: string, next: string): string {
  return next.startsWith(`${what} `) ? next.slice(what.length + 1) : next;
}

function pauseBlocks(detail: Telling['detail'], zone: string, language: Language): Block[] {
  const { phase, number, scope, name, cause, from, until, reason } = detail as Record<
    string,
    string | number | undefined
  >;
  const scopes = {
    connection: words.scopeConnection,
    organisation: words.scopeOrganisation,
    school: words.scopeSchool,
    target: words.scopeTarget,
  };
  const of = scopes[scope as keyof typeof scopes] ?? words.scopeConnection;
  const time = (instant: string | number) => timeIn(String(instant), zone, language);
  const span = [
    fill(words.pauseOf[language], { number: number ?? '', scope: fill(of[language], { name: name ?? '' }) }),
    ...(from === undefined || from === null ? [] : [fill(words.pauseFrom[language], { from: time(from) })]),
    until === undefined || until === null
      ? words.pauseOpenEnd[language]
      : fill(words.pauseUntil[language], { until: time(until) }),
  ];
  const over = phase === 'ended' || phase === 'ends-soon';
  return [
    { type: 'text', text: `${span.join(', ')}.` },
    {
      type: 'text',
      text: (over ? words.pauseOverBelow : cause === 'incident' ? words.pauseIncident : words.pauseSummer)[language],
    },
    ...(reason ? [{ type: 'text' as const, text: fill(words.reasonGiven[language], { reason }) }] : []),
  ];
}

function silenceBlocks(detail: Telling['detail'], zone: string, language: Language): Block[] {
  const { expectedBy, lastSuccessAt, lastCode } = detail as Record<string, string | null | undefined>;
  const time = (instant: string | null | undefined) =>
    instant ? timeIn(instant, zone, language) : words.never[language];
  return [
    {
      type: 'text',
      text: fill(words.silenceBelow[language], { expected: time(expectedBy), last: time(lastSuccessAt) }),
    },
    ...(lastCode ? failureBlocks({ code: lastCode }, null, language) : []),
  ];
}

function shapeBlocks(telling: Telling, language: Language): Block[] {
  const { detail } = telling;
  const counts = Object.entries((detail['counts'] ?? {}) as Record<string, unknown>);
  const rows = counts.map(([name, count]) => [name, Number(count)]);
  return [
    { type: 'text', text: words.shapeBelow[language] },
    ...(rows.length === 0
      ? []
      : [{ type: 'table' as const, heads: [words.shapeField[language], words.shapeCount[language]], rows }]),
    { type: 'command', label: words.shapeHow[language], command: `rollcall shape ${nameOf(telling)}` },
    { type: 'text', text: fill(words.whoseMove[language], { mover: moverWords.vendor[language] }) },
  ];
}

/** How to see more, whom to ask, when it goes on. */
function waysOn(telling: Telling, reader: Reader): Block[] {
  const { connection, organisation, kind } = telling;
  const { language, publicUrl, nextRunAt } = reader;
  if (connection === null) return [];
  const ofRun = kind === 'completed' || kind === 'failed' || kind === 'held';
  const name = nameOf(telling);
  const blocks: Block[] = [];
  if (ofRun && Object.keys(telling.run?.findings ?? {}).length > 0) {
    blocks.push({ type: 'command', label: words.findingsHow[language], command: `rollcall findings ${name}` });
    if (publicUrl !== undefined)
      blocks.push({ type: 'link', label: words.findingsLink[language], url: findingsUrl(publicUrl, telling) });
  }
  if (nextRunAt !== undefined && kind !== 'test')
    blocks.push({
      type: 'text',
      text: fill(words.nextRun[language], { when: timeIn(nextRunAt, organisation.timeZone, language) }),
    });
  if (kind !== 'started' && kind !== 'test') blocks.push(...contactBlocks(telling, language));
  if (connection.mode === 'trial') blocks.push({ type: 'small', text: words.trial[language] });
  return blocks;
}

/** Where a connection's findings are in a browser. */
export function findingsUrl(publicUrl: string, { organisation, connection }: Telling): string {
  return `${publicUrl.replace(/\/+$/, '')}/${organisation.code}/${connection?.code ?? ''}/findings`;
}

function holdBlocks(telling: Telling, language: Language): Block[] {
  const { holds, organisation, kind, detail } = telling;
  const number = Number(detail['hold']);
  // The one that is told of; else all that wait.
  const told = kind === 'held' ? holds.filter((hold) => hold.number === number) : holds;
  if (told.length === 0) return [];
  const name = nameOf(telling);
  const [only] = told;
  const which = told.length === 1 && only !== undefined ? ` --hold ${only.number}` : '';
  return [
    { type: 'heading', text: words.holds[language] },
    { type: 'list', items: told.map((hold) => holdItem(hold, organisation.timeZone, language)) },
    { type: 'text', text: words.holdMove[language] },
    {
      type: 'command',
      label: words.holdLook[language],
      command: which === '' ? `rollcall holds ${name}` : `rollcall hold ${name} ${only?.number}`,
    },
    {
      type: 'command',
      label: words.holdApprove[language],
      command: `rollcall approve ${name}${which} --reason "${words.holdReason[language]}"`,
    },
  ];
}

function holdItem(hold: ToldHold, zone: string, language: Language) {
  const { number, count, base, reason, firstLessonAt } = hold;
  const why = fill(holdReasonWords[reason][language], { count, base });
  const first =
    firstLessonAt === null ? '' : fill(words.firstLesson[language], { when: timeIn(firstLessonAt, zone, language) });
  return {
    head: fill(words.hold[language], { number, what: whatOf(hold, language), count }),
    text: `${why} ${first}`.trim(),
  };
}

function contactBlocks({ connection }: Telling, language: Language): Block[] {
  const { department, vendor } = connection?.contact ?? {};
  const items = [
    ...(department === undefined ? [] : [contactItem(department, words.department[language])]),
    ...(vendor === undefined ? [] : [contactItem(vendor, words.vendor[language])]),
  ];
  return items.length === 0
    ? []
    : [
        { type: 'heading', text: words.contact[language] },
        { type: 'list', items },
      ];
}

function contactItem({ name, mail }: ContactPerson, role: string) {
  return { head: name, text: mail === undefined ? role : `${role}, ${mail}` };
}

function footerOf({ organisation }: Telling, { language, address }: Reader): string {
  return fill(words.footer[language], { address, organisation: organisation.name });
}

/** An instant or a date as the school reads it. */
function timeIn(instant: string, zone: string, language: Language): string {
  const locale = language === 'en' ? 'en-GB' : language;
  const moment = DateTime.fromISO(instant, { zone }).setLocale(locale);
  if (!moment.isValid) return instant;
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(instant);
  return moment.toLocaleString(isDate ? DateTime.DATE_MED : DateTime.DATETIME_MED);
}

/** The open findings of a connection as a file for spreadsheets; the mark at its beginning tells them its letters. */
export function findingsCsv(
  telling: Pick<Telling, 'organisation' | 'connection'>,
  findings: readonly ToldFinding[],
  language: Language,
): { name: string; content: string } {
  const rows = findings.map(({ code, kind, syncKey, label, detail, openedAt }) => {
    const { severity, mover, what, next } = findingMeanings[code];
    const said = detail === '' ? what[language] : detail;
    return [code, severity, kind, syncKey, label, openedAt, said, moverWords[mover][language], next[language]];
  });
  const name = `${words.csvName[language]}-${nameOf(telling).replace('/', '-')}.csv`;
  return { name, content: `\uFEFF${csv(words.csvHeads[language].split('|'), rows)}` };
}
