import type { AlcuinState } from '../simulators/alcuin/state.ts';
import type { EdusignState } from '../simulators/edusign/state.ts';
import type { JournalEntry } from '../simulators/kit/journal.ts';

/*
 * How few requests a run could do with. It is reckoned from what the outside systems hold before and after the run and
 * from what they were asked, never from the plan: a plan that asks for too much would hide itself.
 */

/** Requests to one system: pages of lists, reads of single objects, and everything that changes something. */
export interface Requests {
  readonly pages: number;
  readonly looks: number;
  readonly writes: number;
}

export function sumOf({ pages, looks, writes }: Requests): number {
  return pages + looks + writes;
}

/** What an account held, as far as we write it: each object's own fields, and who is on a sheet. */
export interface Held {
  readonly objects: ReadonlyMap<string, string>;
  readonly rosters: ReadonlyMap<string, readonly string[]>;
  readonly sizes: Readonly<Record<'professor' | 'student' | 'group', number>>;
  /** Starts of sheets, as instants. */
  readonly starts: readonly string[];
  readonly justifications: number;
  /** Whether an absence has a reason that the school made itself: their names are a list of their own. */
  readonly hasOwnReason: boolean;
}

const builtInReasons = 7;

/** Made small at once: the account of a large school is a hundred megabytes. */
export function heldBy(state: EdusignState): Held {
  const objects = new Map<string, string>();
  const kinds = { professor: state.professors, student: state.students, group: state.groups };
  for (const [kind, all] of Object.entries(kinds)) {
    for (const { updated: _, ...fields } of all) objects.set(`${kind} ${fields.id}`, JSON.stringify(fields));
  }
  for (const { updated: _, students: __, ...fields } of state.courses) {
    objects.set(`course ${fields.id}`, JSON.stringify(fields));
  }
  const active = (all: readonly { archived: boolean }[]) => all.filter(({ archived }) => !archived).length;
  return {
    objects,
    rosters: new Map(state.courses.map((course) => [course.id, course.students.map(({ studentId }) => studentId)])),
    sizes: { professor: active(state.professors), student: active(state.students), group: active(state.groups) },
    starts: state.courses.map(({ start }) => start),
    justifications: state.justifications.length,
    hasOwnReason: state.justifications.some(({ type }) => type > builtInReasons),
  };
}

/** The most that one page gives (documented, students and groups assumed), and the most days one list of sheets covers. */
const page = { course: 40, professor: 100, student: 100, group: 100, justification: 100 } as const;
const mostDays = 90;

const pagesOf = (count: number, size: number) => Math.max(1, Math.ceil(count / size));

/** What a run needs to know beyond both accounts. */
export interface Circumstances {
  readonly windowDays: number;
  readonly windowEnd: string;
  readonly asOf: string;
  readonly journal: readonly JournalEntry[];
  /** Sheets of ours that ended with a professor's signature or a lock. */
  readonly settled: number;
}

export function leastAtEdusign(before: Held, after: Held, circumstances: Circumstances): Requests {
  const { created, changed } = differences(before, after);
  const writes = created + changed.reduce((sum, one) => sum + one.writes, 0);
  const pages = inventoryPages(before, circumstances) + attendancePages(before, circumstances);
  // Every object that exists is looked at before it is changed, once however much of it changes.
  return { pages, looks: changed.length, writes };
}

/** Objects that are new, and those that were there before with the writes that each of them takes. */
function differences(before: Held, after: Held): { created: number; changed: { writes: number }[] } {
  let created = 0;
  const changed: { writes: number }[] = [];
  for (const [name, fields] of after.objects) {
    const earlier = before.objects.get(name);
    if (earlier === undefined) created += 1;
    else {
      const id = name.slice(name.indexOf(' ') + 1);
      const writes = (earlier === fields ? 0 : 1) + placesChanged(before.rosters.get(id), after.rosters.get(id));
      if (writes > 0) changed.push({ writes });
    }
  }
  for (const name of before.objects.keys()) if (!after.objects.has(name)) changed.push({ writes: 1 });
  return { created, changed };
}

/** A place is given or taken by a request of its own: a roster that is written whole loses signatures. */
function placesChanged(before: readonly string[] = [], after: readonly string[] = []): number {
  const [was, is] = [new Set(before), new Set(after)];
  return before.filter((id) => !is.has(id)).length + after.filter((id) => !was.has(id)).length;
}

/**
 * Everything, or what changed since the last run. Professors and groups cannot be asked for by their time of change. In
 * these runs nobody changes anything at Edusign by hand, so that one page says so.
 */
function inventoryPages({ sizes, starts }: Held, { journal, windowDays, windowEnd, asOf }: Circumstances): number {
  const onlyChanges = journal.some(({ path, query }) => path === '/v1/course' && query['dateUpdated'] !== undefined);
  const today = asOf.slice(0, 10);
  const sheets = starts.filter((start) => start >= today && start < windowEnd).length;
  return (
    pagesOf(sizes.professor, page.professor) +
    pagesOf(sizes.group, page.group) +
    pagesOf(onlyChanges ? 0 : sizes.student, page.student) +
    Math.max(pagesOf(onlyChanges ? 0 : sheets, page.course), Math.ceil((windowDays + 1) / mostDays))
  );
}

/** All sheets that have begun, from their list; justifications and the school's own reasons where there are any. */
function attendancePages({ starts, justifications, hasOwnReason }: Held, { asOf, settled }: Circumstances): number {
  const begun = starts.filter((start) => start <= asOf).length;
  if (begun === 0) return 0;
  const reasons = justifications === 0 ? 0 : pagesOf(justifications, page.justification) + (hasOwnReason ? 1 : 0);
  return pagesOf(begun, page.course) + (settled === 0 ? 0 : reasons);
}

/** Assumed, as the simulator has it: no page of Alcuin is longer. */
const longestPage = 1_000;

/** Each list that was asked for in as few pages as Alcuin allows, and one list of presences for each settled lesson. */
export function leastAtAlcuin(state: AlcuinState, { journal, settled }: Circumstances): Requests {
  const lists = new Map<string, number>();
  for (const { method, path, query } of journal) {
    if (method !== 'GET') continue;
    const { dateDebut = '', dateFin = '' } = query;
    // A page of one person asks whether the directory is known at all.
    const length = query['taillePage'] === '1' ? 1 : lengthOf(state, path, dateDebut, dateFin);
    lists.set(`${path} ${dateDebut} ${dateFin}`, pagesOf(length, longestPage));
  }
  return { pages: [...lists.values()].reduce((sum, count) => sum + count, 0), looks: 0, writes: settled };
}

function lengthOf(state: AlcuinState, path: string, from: string, to: string): number {
  const directory = Number(/annuaires\/(\d+)\/groupes/.exec(path)?.[1]);
  if (directory > 0) return state.groupes.filter(({ idAnnuaire }) => idAnnuaire === directory).length;
  return state.evenements.filter(({ debut }) => {
    const day = debut.slice(0, 10).replaceAll('-', '');
    return day >= from && day <= to;
  }).length;
}
