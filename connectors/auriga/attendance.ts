import type { AttendanceAnswer, LessonAttendance } from '../../roster/contracts.ts';
import type { AttendanceMark } from '../../roster/records.ts';
import type { HttpAnswer } from '../http.ts';
import {
  type Absence,
  absenceCode,
  absenceErrorsShape,
  absencesShape,
  absencesUrl,
  absenceUrl,
  conflictShape,
  type HeldAbsence,
  pageSize,
  wireId,
} from './auriga-wire.ts';
import type { AurigaClient } from './client.ts';
import { drifted, statusError } from './errors.ts';
import { mustBe, readJson } from './json.ts';
import { clean } from './text.ts';
import { readInstant } from './times.ts';

type Refusal = AttendanceAnswer['rejected'][number];

/** What has to be done so that Auriga says of one learner what the sheet says. */
interface Difference {
  readonly personKey: string;
  readonly wanted: Absence | undefined;
  readonly held: HeldAbsence | undefined;
}

/**
 * Makes Auriga's absences of one intervention those of the sheet: made, corrected, taken back. Only absences that carry the
 * sheet's own codes are looked at, so that what people enter there is theirs; a repeat finds nothing left to do.
 */
export async function putAbsences(client: AurigaClient, attendance: LessonAttendance): Promise<AttendanceAnswer> {
  const rejected: Refusal[] = [];
  for (const difference of await differences(client, attendance)) {
    rejected.push(...(await settle(client, difference)));
  }
  return { rejected };
}

/** Whether nothing is left to do, so that a list whose answer was lost need not be sent again. */
export async function holdsAbsences(client: AurigaClient, attendance: LessonAttendance): Promise<boolean> {
  return (await differences(client, attendance)).length === 0;
}

async function differences(client: AurigaClient, attendance: LessonAttendance): Promise<Difference[]> {
  const byCode = await heldAbsences(client, attendance.sourceId);
  return [...attendance.marks].flatMap(([personKey, mark]): Difference[] => {
    const wanted = absenceOf(attendance, personKey, mark);
    const held = byCode.get(absenceCode(attendance.targetId, personKey));
    return isSame(wanted, held) ? [] : [{ personKey, wanted, held }];
  });
}

async function heldAbsences(client: AurigaClient, intervention: string): Promise<Map<string, HeldAbsence>> {
  const held = new Map<string, HeldAbsence>();
  let pages = 1;
  for (let page = 1; page <= pages; page += 1) {
    const url = absencesUrl(client.base, { intervention, size: String(pageSize), page: String(page) });
    const answer = await client.ask('GET', url);
    const { content, totalPages } = mustBe(answer.body, absencesShape, 'absences');
    if (page > 1 && totalPages !== pages) throw drifted('The absences of Auriga changed while they were read.');
    pages = totalPages;
    for (const absence of content) if (absence.externalCode) held.set(absence.externalCode, absence);
  }
  return held;
}

/** Whoever came late or left early was there: Auriga's absences know no part of a lesson. */
function absenceOf(attendance: LessonAttendance, personKey: string, mark: AttendanceMark): Absence | undefined {
  if (mark.status !== 'absent' && mark.status !== 'justified') return undefined;
  const reason = mark.sourceReason?.id;
  const inWords = reason === undefined ? clean(mark.reasonName) : '';
  const words = [inWords && `Motif : ${inWords}`, clean(mark.comment)].filter((text) => text !== '');
  return {
    externalCode: absenceCode(attendance.targetId, personKey),
    intervention: { id: wireId(attendance.sourceId) },
    person: { id: wireId(personKey) },
    absenceReason: reason === undefined ? null : { id: wireId(reason) },
    startDateTime: attendance.startsAt,
    endDateTime: attendance.endsAt,
    justified: mark.status === 'justified',
    comment: words.join(' ; '),
  };
}

function isSame(wanted: Absence | undefined, held: HeldAbsence | undefined): boolean {
  if (wanted === undefined || held === undefined) return wanted === held;
  const time = (text: string | null | undefined) => readInstant(text, 'utc');
  return (
    String(wanted.absenceReason?.id ?? '') === (held.absenceReason?.id ?? '') &&
    wanted.justified === (held.justified ?? false) &&
    wanted.comment === clean(held.comment) &&
    time(wanted.startDateTime) === time(held.startDateTime) &&
    time(wanted.endDateTime) === time(held.endDateTime)
  );
}

async function settle(client: AurigaClient, { personKey, wanted, held }: Difference): Promise<Refusal[]> {
  if (wanted === undefined) return held === undefined ? [] : remove(client, personKey, held.id);
  return held === undefined ? create(client, personKey, wanted) : update(client, personKey, wanted, held.id);
}

async function create(client: AurigaClient, personKey: string, wanted: Absence): Promise<Refusal[]> {
  const answer = await client.send('POST', absencesUrl(client.base), wanted);
  if (answer.status === 409) {
    // A request of ours that was given up arrived after we had looked: it is there, and is brought up to date.
    const there = readJson(answer.body, conflictShape);
    if (there !== undefined) return update(client, personKey, wanted, there.id);
  }
  return judged(client, personKey, answer, 201, 200);
}

async function update(client: AurigaClient, personKey: string, wanted: Absence, id: string): Promise<Refusal[]> {
  const answer = await client.send('PUT', absenceUrl(client.base, id), wanted);
  return judged(client, personKey, answer, 200, 204);
}

async function remove(client: AurigaClient, personKey: string, id: string): Promise<Refusal[]> {
  const answer = await client.send('DELETE', absenceUrl(client.base, id));
  return judged(client, personKey, answer, 204, 200, 404);
}

/** A refusal in the interface's own words is about this line; whatever else was answered is a system's problem. */
function judged(client: AurigaClient, personKey: string, answer: HttpAnswer, ...good: readonly number[]): Refusal[] {
  if (good.includes(answer.status)) return [];
  const refused = answer.status === 400 ? readJson(answer.body, absenceErrorsShape) : undefined;
  if (refused === undefined) throw statusError(answer, client.base.host);
  const [first] = refused.errors;
  const message = refused.errors
    .map((error) => clean(error.message))
    .filter((text) => text !== '')
    .join(' ');
  return [{ personKey, code: clean(first?.code) || 'REFUSED', message }];
}
