import type { Access, AttendanceAnswer, LessonAttendance } from '../../roster/contracts.ts';
import type { HttpAnswer, HttpClient } from '../http.ts';
import { baseOf } from '../system.ts';
import { decode } from './charset.ts';
import { answerInvalid, asSourceError, statusError } from './errors.ts';
import { accountSettings } from './options.ts';
import {
  authorise,
  occurrenceRefusals,
  presencesAnswerShape,
  presencesBody,
  presencesUrl,
  rateClass,
  refusalShape,
} from './wire.ts';

/** Replaces the attendance of one occurrence in the ERP; a repeat has no second effect (assumed). */
export async function putPresences(
  access: Access,
  http: HttpClient,
  attendance: LessonAttendance,
): Promise<AttendanceAnswer> {
  // The call names an occurrence by id and date: it cannot tell two of one day apart, and would overwrite the first.
  if (attendance.lessonKey.includes('#')) {
    return rejectAll(
      attendance,
      'OCCURRENCE_AMBIGUE',
      'Several lessons of this event on one day cannot be told apart.',
    );
  }
  const base = baseOf(accountSettings.parse(access.settings).url);
  const answer = await send(access, http, base, attendance);
  if (answer.status === 200) return readAcceptance(answer);
  const fallback = occurrenceRefusals[answer.status];
  const refusal = readJson(answer, refusalShape);
  // A refusal that does not speak this interface's language, such as a web server's own 404, is about the address.
  if (fallback === undefined || refusal === undefined) throw statusError(answer, base.host);
  return rejectAll(attendance, refusal.code || fallback, refusal.message);
}

async function send(access: Access, http: HttpClient, base: URL, attendance: LessonAttendance): Promise<HttpAnswer> {
  try {
    return await http.send({
      method: 'PUT',
      url: presencesUrl(base, attendance.sourceId, attendance.localDate),
      headers: { ...authorise(access.secrets['password'] ?? ''), Accept: 'application/json' },
      json: presencesBody(attendance),
      rateClass,
    });
  } catch (error) {
    throw asSourceError(error);
  }
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

/** The JSON of an answer when it has that shape. */
function readJson<T>(
  answer: HttpAnswer,
  shape: { safeParse(value: unknown): { success: true; data: T } | { success: false } },
): T | undefined {
  try {
    const parsed = shape.safeParse(JSON.parse(decode(answer.body, answer.mediaType)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
