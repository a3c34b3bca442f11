import { DateTime } from 'luxon';
import { z } from 'zod';
import { ControlError } from '../kit/control.ts';
import type { Pick } from '../kit/pick.ts';
import type { School } from './school.ts';
import { dateOf, type Event } from './state.ts';
import { toWallClock, zone } from './time.ts';

/** What a secretary does on a usual day. Each makes an edit of the same name, with its fields. */
const changes = {
  move,
  rename: (_: School, pick: Pick, event: Event) => ({
    name: `${event.nom} (${pick.one(['suite', 'bis', 'révisions'])})`,
  }),
  cancel: () => ({}),
  remove: () => ({}),
  'replace-instructor': replaceInstructor,
  'add-learner': addLearner,
  'remove-learner': (_: School, pick: Pick, event: Event) =>
    event.apprenants.length < 2 ? undefined : { person: pick.one(event.apprenants) },
  'add-lesson': addLesson,
} as const;
type Change = keyof typeof changes;
const names = Object.keys(changes) as [Change, ...Change[]];

/** How often a change is looked for before the timetable counts as exhausted. */
const mostTries = 200;

export const churnShape = z.object({
  count: z.number().int().min(1).max(1000).default(10),
  seed: z.number().int().default(1),
  /** Only these; absent, any. */
  kinds: z
    .array(z.enum(names))
    .min(1)
    .default([...names]),
  /** Days ahead whose lessons are touched. */
  days: z.number().int().min(1).default(14),
});

/** One believable edit of a coming lesson, in the words of the other edits; nobody is put in two places. */
export function proposeChange(
  school: School,
  pick: Pick,
  now: Date,
  told: z.infer<typeof churnShape>,
): Record<string, unknown> {
  const coming = comingLessons(school, now, told.days);
  for (let tries = 0; tries < mostTries && coming.length > 0; tries += 1) {
    const edit = pick.one(told.kinds);
    const event = pick.one(coming);
    const fields = changes[edit](school, pick, event);
    if (fields === undefined) continue;
    return edit === 'add-lesson' ? { edit, ...fields } : { edit, event: event.id, date: dateOf(event), ...fields };
  }
  throw new ControlError('no coming lesson can be changed like that');
}

/** Active lessons after today that one id and date name alone. */
function comingLessons(school: School, now: Date, days: number): Event[] {
  const today = DateTime.fromJSDate(now, { zone }).startOf('day');
  const [from, to] = [today.plus({ days: 1 }).toISODate() ?? '', today.plus({ days }).toISODate() ?? ''];
  const seen = new Map<string, number>();
  for (const event of school.state.evenements) {
    const key = `${event.id}@${dateOf(event)}`;
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  return school.state.evenements.filter(
    (event) =>
      event.etat === 'ACT' &&
      dateOf(event) >= from &&
      dateOf(event) <= to &&
      seen.get(`${event.id}@${dateOf(event)}`) === 1,
  );
}

function move(school: School, pick: Pick, event: Event) {
  const start = DateTime.fromISO(event.debut, { zone });
  const shift = pick.one([{ days: 1 }, { days: 2 }, { days: 7 }, { hours: 2 }, { minutes: 30 }, { hours: -2 }]);
  const [debut, fin] = [start.plus(shift), DateTime.fromISO(event.fin, { zone }).plus(shift)];
  const isSchoolTime = debut.weekday <= 5 && debut.hour >= 8 && fin.hour < 20 && debut.day === fin.day;
  if (!isSchoolTime || school.occurrences(event.id, debut.toISODate() ?? '').some((other) => other !== event)) return;
  const span = { start: wallClock(debut), end: wallClock(fin) };
  const everything = [...event.formateurs, ...event.apprenants, ...event.ressources];
  return areFree(school, span, everything, event) ? span : undefined;
}

function replaceInstructor(school: School, pick: Pick, event: Event) {
  const [from] = event.formateurs;
  const known = new Set(school.state.evenements.flatMap((other) => other.formateurs));
  if (from === undefined || known.size < 2) return undefined;
  const to = pick.one([...known]);
  const isThere = event.formateurs.includes(to);
  return isThere || !areFree(school, { start: event.debut, end: event.fin }, [to], event) ? undefined : { from, to };
}

function addLearner(school: School, pick: Pick, event: Event) {
  const members = school.state.groupes.flatMap((group) => group.apprenants);
  if (members.length === 0) return undefined;
  const person = pick.one(members);
  const isThere = event.apprenants.includes(person);
  return isThere || !areFree(school, { start: event.debut, end: event.fin }, [person], event) ? undefined : { person };
}

/** Another one of a lesson there is, at the end of its day. */
function addLesson(school: School, _: Pick, event: Event) {
  const day = dateOf(event);
  const span = { start: `${day}T18:45:00`, end: `${day}T19:45:00` };
  const everything = [...event.formateurs, ...event.apprenants, ...event.ressources];
  if (event.formateurs.length === 0 || !areFree(school, span, everything, undefined)) return undefined;
  const { nom, type, formateurs, apprenants, groupes, ressources } = event;
  const who = { instructors: formateurs, learners: apprenants, groups: groupes, resources: ressources };
  return { name: `Rattrapage ${nom}`, type, ...span, ...who };
}

function areFree(
  school: School,
  span: { start: string; end: string },
  ids: readonly number[],
  except: Event | undefined,
): boolean {
  const wanted = new Set(ids);
  return !school.state.evenements.some(
    (other) =>
      other !== except &&
      other.etat === 'ACT' &&
      other.debut < span.end &&
      other.fin > span.start &&
      [...other.formateurs, ...other.apprenants, ...other.ressources].some((id) => wanted.has(id)),
  );
}

function wallClock(time: DateTime): string {
  return toWallClock(time.toISO({ includeOffset: false }) ?? '');
}
