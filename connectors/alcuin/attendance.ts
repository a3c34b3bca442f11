import type { AttendanceAnswer, LessonAttendance } from '../../roster/contracts.ts';
import type { HttpAnswer } from '../http.ts';
import type { AlcuinClient } from './client.ts';
import { answerInvalid, statusError } from './errors.ts';
import { readJson } from './json.ts';
import { clean } from './text.ts';
import { readInstant } from './times.ts';
import {
  type HeldLine,
  heldPresencesShape,
  occurrenceRefusals,
  presencesAnswerShape,
  presencesBody,
  presencesUrl,
  refusalShape,
  writeZone,
} from './wire.ts';

/** Replaces the attendance of one occurrence in the ERP; a repeat has no second effect (assumed). */
export async function putPresences(client: AlcuinClient, attendance: LessonAttendance): Promise<AttendanceAnswer> {
  if (isAmbiguous(attendance)) {
    const message = 'Several lessons of this event on one day cannot be told apart.';
    return rejectAll(attendance, 'OCCURRENCE_AMBIGUE', message);
  }
  const answer = await client.send('PUT', urlOf(client, attendance), presencesBody(attendance));
  if (answer.status === 200) return readAcceptance(answer);
  const fallback = occurrenceRefusals[answer.status];
  const refusal = readJson(answer, refusalShape);
  // A refusal that does not speak this interface's language, such as a web server's own 404, is about the address.
  if (fallback === undefined || refusal === undefined) throw statusError(answer, client.base.host);
  return rejectAll(attendance, refusal.code || fallback, refusal.message);
}

/**
 * Whether the ERP holds these very marks, so that a list whose answer was lost need not be sent again. Whatever leaves it
 * open is a no: sending once more is harmless, and says what is wrong.
 */
export async function holdsPresences(client: AlcuinClient, attendance: LessonAttendance): Promise<boolean> {
  if (isAmbiguous(attendance)) return false;
  const answer = await client.send('GET', urlOf(client, attendance));
  if (isSystemTrouble(answer)) throw statusError(answer, client.base.host);
  const held = answer.status === 200 ? readJson(answer, heldPresencesShape) : undefined;
  return held !== undefined && areSame(held.presences, presencesBody(attendance).presences);
}

/** Order, and how a time or a missing value is written, make no difference. */
function areSame(held: readonly HeldLine[], wanted: readonly HeldLine[]): boolean {
  const inOneForm = (lines: readonly HeldLine[]) => JSON.stringify(lines.map(lineInOneForm).sort());
  return inOneForm(held) === inOneForm(wanted);
}

function lineInOneForm({ idApprenant, statut, heureArrivee, heureDepart, motif, commentaire }: HeldLine): string {
  const text = (value: unknown) => clean(typeof value === 'number' ? String(value) : value);
  const time = (value: unknown) => readInstant(value, writeZone) ?? text(value);
  const texts = [idApprenant, statut, motif, commentaire].map(text);
  return JSON.stringify([...texts, time(heureArrivee), time(heureDepart)]);
}

/** Statuses after which no request must follow at once: they say nothing about this list. */
function isSystemTrouble({ status }: HttpAnswer): boolean {
  return status === 401 || status === 403 || status === 429 || status >= 500;
}

/** The call names an occurrence by id and date: with two of one day, the list of one would overwrite the other's. */
function isAmbiguous({ shared, lessonKey }: LessonAttendance): boolean {
  return shared || lessonKey.includes('#');
}

function urlOf(client: AlcuinClient, { sourceId, localDate }: LessonAttendance): URL {
  return presencesUrl(client.base, sourceId, localDate);
}

function readAcceptance(answer: HttpAnswer): AttendanceAnswer {
  const accepted = readJson(answer, presencesAnswerShape);
  if (accepted === undefined) throw answerInvalid('Alcuin answered to an attendance list with something else.');
  return {
    rejected: accepted.rejets.map(({ idApprenant, code, message }) => ({
      personKey: String(idApprenant),
      code,
      message,
    })),
  };
}

function rejectAll(attendance: LessonAttendance, code: string, message: string): AttendanceAnswer {
  return { rejected: [...attendance.marks.keys()].map((personKey) => ({ personKey, code, message })) };
}
