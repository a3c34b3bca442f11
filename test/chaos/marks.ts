import { DateTime } from 'luxon';
import type { AlcuinState, Presence, PresenceList } from '../../simulators/alcuin/state.ts';
import type { Course, EdusignState } from '../../simulators/edusign/state.ts';
import type { Measure } from './compare.ts';
import type { PersonName } from './memory.ts';
import { isOurs, keyOf, namesOf } from './oracle.ts';

/** What became of one learner on one sheet, as the day's end told it. */
interface Fate {
  readonly student: string;
  readonly status: 'present' | 'late' | 'left-early' | 'excluded' | 'absent' | 'justified';
  readonly minutesLate?: number;
  readonly leftAt?: string;
  readonly excludedAt?: string;
}

interface EndedSheet {
  readonly course: string;
  readonly start: string;
  readonly locked: boolean;
  readonly professorSigned: boolean;
  readonly students: readonly Fate[];
}

/** The answer of Edusign's edit that lets a day pass. */
export interface DayPassed {
  readonly date: string;
  readonly courses: readonly EndedSheet[];
}

/** What happened in the lessons that are over: the oracle of the way up. */
export class Marks {
  readonly #sheets = new Map<string, EndedSheet>();

  passed(day: DayPassed): void {
    for (const sheet of day.courses) this.#sheets.set(sheet.course, sheet);
  }

  /** A sheet that was locked before its day is left out of the day's answer: nobody has signed it, and it is settled. */
  lockedBefore(course: Course): void {
    if (this.#sheets.has(course.id)) return;
    const students = course.students.map(
      ({ studentId, absenceId }): Fate => ({
        student: studentId,
        status: absenceId === null ? 'absent' : 'justified',
      }),
    );
    this.#sheets.set(course.id, {
      course: course.id,
      start: course.start,
      locked: true,
      professorSigned: false,
      students,
    });
  }

  /** Absences that nobody has justified yet. */
  unjustified(): { course: string; student: string }[] {
    return [...this.#sheets.values()].flatMap(({ course, students }) =>
      students.filter(({ status }) => status === 'absent').map(({ student }) => ({ course, student })),
    );
  }

  justify(course: string, student: string): void {
    const sheet = this.#sheets.get(course);
    if (sheet === undefined) return;
    const students = sheet.students.map((fate) =>
      fate.student === student && fate.status === 'absent' ? { ...fate, status: 'justified' as const } : fate,
    );
    this.#sheets.set(course, { ...sheet, students });
  }

  unsigned(): string[] {
    return [...this.#sheets.values()].filter((sheet) => !isSettled(sheet)).map(({ course }) => course);
  }

  sign(course: string): void {
    const sheet = this.#sheets.get(course);
    if (sheet !== undefined) this.#sheets.set(course, { ...sheet, professorSigned: true });
  }

  settled(course: string): EndedSheet | undefined {
    const sheet = this.#sheets.get(course);
    return sheet !== undefined && isSettled(sheet) ? sheet : undefined;
  }
}

function isSettled({ professorSigned, locked }: EndedSheet): boolean {
  return professorSigned || locked;
}

/** Every way in which the presences at Alcuin are not what happened. */
export function compareMarks(
  world: { before: AlcuinState; after: AlcuinState; edusign: EdusignState },
  marks: Marks,
  known: { liveSince: string; refers: ReadonlyMap<PersonName, string> },
  measure: Measure,
): string[] {
  const names = namesOf(world.edusign, 'learner', known.refers);
  const explained = new Set<string>();
  const found = world.edusign.courses.filter(isOurs).flatMap((course) => {
    const key = keyOf(course);
    const sheet = marks.settled(course.id);
    if (sheet === undefined || course.start < known.liveSince || isAmbiguous(world.edusign, key)) return [];
    explained.add(key);
    const [id, date] = key.split('@');
    const event = world.after.evenements.find((each) => String(each.id) === id && each.debut.startsWith(date ?? '?'));
    if (event === undefined) return [];
    return sheetDifferences({
      key,
      sheet,
      names,
      enrolled: new Set(event.apprenants.map(String)),
      now: world.after.presences[key],
      was: world.before.presences[key],
      measure,
    });
  });
  const unexplained = Object.keys(world.after.presences).filter((key) => !explained.has(key));
  return [...found, ...unexplained.map((key) => `presences ${key}: sent, and must not be`)];
}

/** Two lessons of one event on one day cannot be told apart by the ERP: nothing is sent of them. */
function isAmbiguous(edusign: EdusignState, key: string): boolean {
  const day = key.split('#')[0] ?? key;
  const others = edusign.courses.filter((course) => isOurs(course) && keyOf(course) !== key);
  return key.includes('#') || others.some((course) => keyOf(course).split('#')[0] === day);
}

interface Comparison {
  readonly key: string;
  readonly sheet: EndedSheet;
  readonly names: ReadonlyMap<string, string>;
  readonly enrolled: ReadonlySet<string>;
  readonly now: PresenceList | undefined;
  readonly was: PresenceList | undefined;
  readonly measure: Measure;
}

function sheetDifferences({ key, sheet, names, enrolled, now, was, measure }: Comparison): string[] {
  const held = new Map((now?.presences ?? []).map((line) => [String(line.idApprenant), line]));
  const old = new Map((was?.presences ?? []).map((line) => [String(line.idApprenant), JSON.stringify(line)]));
  const wanted = new Map(sheet.students.map((fate) => [names.get(fate.student) ?? fate.student, fate]));
  const missing = [...wanted].flatMap(([name, fate]) =>
    enrolled.has(name) && !held.has(name) && measure === 'exact'
      ? [`presences ${key}: ${name} (${fate.status}) is missing`]
      : [],
  );
  const wrong = [...held].flatMap(([name, line]) => {
    if (measure === 'either' && old.get(name) === JSON.stringify(line)) return [];
    const fate = wanted.get(name);
    if (fate === undefined) return [`presences ${key}: ${name} was not there, and is sent as ${line.statut}`];
    const difference = lineDifference(line, fate, sheet.start);
    return difference === undefined ? [] : [`presences ${key}: ${name} ${difference}`];
  });
  const doubled = (now?.presences.length ?? 0) > held.size ? [`presences ${key}: somebody is listed twice`] : [];
  return [...missing, ...wrong, ...doubled];
}

const statuses = {
  present: 'PRESENT',
  late: 'RETARD',
  'left-early': 'DEPART_ANTICIPE',
  excluded: 'ABSENT',
  absent: 'ABSENT',
  justified: 'ABSENT_JUSTIFIE',
} as const;

function lineDifference(line: Presence, fate: Fate, start: string): string | undefined {
  if (line.statut !== statuses[fate.status]) return `is ${line.statut}, was ${fate.status}`;
  const arrival = fate.minutesLate === undefined ? undefined : Date.parse(start) + fate.minutesLate * 60_000;
  if (instantOf(line.heureArrivee) !== arrival) return `came at ${line.heureArrivee}, not ${fate.minutesLate} min late`;
  const departure = instantOf(fate.leftAt);
  // Seconds are all that is written.
  if (secondsOf(instantOf(line.heureDepart)) !== secondsOf(departure)) {
    return `left at ${line.heureDepart}, not at ${fate.leftAt}`;
  }
  if (fate.excludedAt === undefined) return undefined;
  const at = DateTime.fromISO(fate.excludedAt, { zone: 'Europe/Paris' }).toFormat('HH:mm');
  return line.commentaire?.includes(at) === true ? undefined : `was excluded at ${at}, which is not said`;
}

function instantOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

function secondsOf(instant: number | undefined): number | undefined {
  return instant === undefined ? undefined : Math.floor(instant / 1000);
}
