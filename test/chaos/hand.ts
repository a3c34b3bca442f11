import { DateTime } from 'luxon';
import type { Event, Person } from '../../simulators/alcuin/state.ts';
import type { Course, EdusignState } from '../../simulators/edusign/state.ts';
import type { Pick } from '../../simulators/kit/pick.ts';
import type { Marks } from './marks.ts';
import type { Memory } from './memory.ts';
import { isFixed, isOurs, keyOf } from './oracle.ts';
import { schoolDay, type Tell } from './school-life.ts';
import type { World } from './world.ts';

/** People who work in Edusign's own screens between two syncs, and what they did that the oracle must know. */
export class Hand {
  readonly #world: World;
  readonly #pick: Pick;
  readonly #memory: Memory;
  readonly #marks: Marks;
  readonly #tell: Tell;
  /** Sheets that were removed by hand, by Edusign's identifier. */
  readonly removed = new Set<string>();

  constructor(world: World, pick: Pick, memory: Memory, marks: Marks, tell: Tell) {
    this.#world = world;
    this.#pick = pick;
    this.#memory = memory;
    this.#marks = marks;
    this.#tell = tell;
  }

  /** What is at Edusign before the connection goes live: things of nobody and of another connector. */
  async settleIn(): Promise<void> {
    const professor = { FIRSTNAME: 'Ana', LASTNAME: 'Main', EMAIL: 'ana.main@ecole-lumiere.example' };
    const { ID } = await this.#edit<{ ID: string }>({ edit: 'make-professor', fields: professor });
    const student = await this.#stranger();
    const [day, free] = [schoolDay(this.#world, 3), { CLASSROOM: 'Salle des fêtes', PROFESSOR: ID }];
    await this.#edit({
      edit: 'make-course',
      fields: {
        NAME: 'Réunion',
        START: `${day}T09:00`,
        END: `${day}T10:00`,
        STUDENTS: [{ studentId: student }],
        ...free,
      },
    });
    const others = { API_ID: 'old/9', API_TYPE: 'old-connector' };
    await this.#edit({
      edit: 'make-course',
      fields: { NAME: "D'un autre", START: `${day}T11:00`, END: `${day}T12:00`, ...free, ...others },
    });
    await this.#namesake({});
    await this.#namesake(others);
  }

  /** A few things, as people do them. */
  async work(): Promise<void> {
    const times = this.#pick.between(1, 4);
    for (let number = 0; number < times; number += 1) {
      const deed = this.#pick.one(this.#deeds);
      await deed(await this.#world.edusignState());
    }
  }

  readonly #deeds: readonly ((state: EdusignState) => Promise<void>)[] = [
    (state) =>
      this.#onSheet(state, (course) => ({ edit: 'change-course', course, fields: { NAME: this.#word('Titre') } })),
    (state) =>
      this.#onSheet(state, (course) => ({ edit: 'change-course', course, fields: { CLASSROOM: this.#word('Salle') } })),
    (state) =>
      this.#onSheet(state, (course, sheet) => {
        const student = sheet.students.length < 2 ? undefined : this.#pick.one(sheet.students).studentId;
        return student === undefined ? undefined : { edit: 'remove-learner', course, student };
      }),
    (state) =>
      this.#onSheet(state, (course) => ({ edit: 'add-learner', course, student: this.#pick.one(state.students).id })),
    (state) => this.#removeSheet(state),
    (state) => this.#onSheet(state, (course) => ({ edit: 'lock', course })),
    (state) => this.#unlock(state),
    (state) =>
      this.#onPerson(state.students, (student) => ({
        edit: 'change-student',
        student,
        fields: { PHONE: `+33 9 ${this.#pick.between(1000, 9999)}` },
      })),
    (state) =>
      this.#onPerson(state.professors, (professor) => ({
        edit: 'change-professor',
        professor,
        fields: { LASTNAME: this.#word('Nom') },
      })),
    () => this.#namesake({}),
    () => this.#namesake({ API_ID: `old/${this.#pick.between(100, 999)}`, API_TYPE: 'old-connector' }),
    (state) => this.#sheetBeforeTheLesson(state),
    () => this.#justify(),
    () => this.#signLate(),
  ];

  #word(what: string): string {
    return `${what} à la main ${this.#pick.between(1000, 9999)}`;
  }

  async #edit<T>(body: Record<string, unknown>): Promise<T> {
    this.#tell(`Edusign by hand ${JSON.stringify(body)}`);
    return this.#world.edit<T>('edusign', body);
  }

  async #onSheet(
    state: EdusignState,
    deed: (course: string, sheet: Course) => Record<string, unknown> | undefined,
  ): Promise<void> {
    const coming = this.#coming(state);
    if (coming.length === 0) return;
    const sheet = this.#pick.one(coming);
    const body = deed(sheet.id, sheet);
    if (body !== undefined) await this.#edit(body);
  }

  /** Our sheets of lessons to come that are still open. */
  #coming(state: EdusignState): Course[] {
    const soon = new Date(this.#world.now().getTime() + 12 * 3_600_000).toISOString();
    return state.courses.filter((course) => isOurs(course) && !isFixed(course, soon));
  }

  async #removeSheet(state: EdusignState): Promise<void> {
    // Of a lesson on several dates it would be nobody's guess which date a later move comes from.
    const coming = this.#coming(state).filter((course) => !keyOf(course).startsWith('600'));
    if (coming.length === 0) return;
    const { id, ...sheet } = this.#pick.one(coming);
    await this.#edit({ edit: 'delete-course', course: id });
    this.removed.add(id);
    this.#memory.removedSheets.add(keyOf(sheet));
    this.#memory.doubtfulMoves.add(keyOf(sheet).split('@')[0] ?? '');
  }

  async #unlock(state: EdusignState): Promise<void> {
    const now = this.#world.now().toISOString();
    const locked = state.courses.filter((course) => course.locked && course.start > now);
    if (locked.length > 0) await this.#edit({ edit: 'unlock', course: this.#pick.one(locked).id });
  }

  async #onPerson(
    people: readonly { id: string; apiId: string; apiType: string }[],
    deed: (id: string) => Record<string, unknown>,
  ): Promise<void> {
    const ours = people.filter(isOurs);
    if (ours.length > 0) await this.#edit(deed(this.#pick.one(ours).id));
  }

  async #stranger(): Promise<string> {
    const email = `main.${this.#pick.between(10_000, 99_999)}@perso.example`;
    const fields = { FIRSTNAME: 'Luc', LASTNAME: 'Main', EMAIL: email };
    return (await this.#edit<{ ID: string }>({ edit: 'make-student', fields })).ID;
  }

  /** Somebody whom the school has too, made by hand, in other letters, before a lesson names them. */
  async #namesake(key: Record<string, string>): Promise<void> {
    const name = `Homonyme${this.#pick.between(10_000, 99_999)}`;
    const email = `${name}@etu.ecole-lumiere.example`;
    await this.#edit({ edit: 'make-student', fields: { FIRSTNAME: 'Eve', LASTNAME: 'Main', EMAIL: email, ...key } });
    const { id } = await this.#world.edit<Person>('alcuin', {
      edit: 'add-person',
      directory: 11,
      nom: name,
      prenom: 'Ève',
      email: email.toLowerCase(),
    });
    const { evenements } = await this.#world.alcuinState();
    const today = schoolDay(this.#world, 0);
    const alone = (event: Event) => evenements.filter((other) => other.id === event.id).length === 1;
    const coming = evenements.filter(
      (event) => event.debut.slice(0, 10) > today && event.etat === 'ACT' && alone(event),
    );
    if (coming.length === 0) return;
    const event = this.#pick.one(coming);
    this.#tell(`Alcuin names person ${id} (${email}) in event ${event.id}`);
    await this.#world.edit('alcuin', { edit: 'add-learner', event: event.id, person: id });
  }

  /** A sheet made by hand for a lesson that the school enters only now: it is adopted, and whoever is on it stays. */
  async #sheetBeforeTheLesson(state: EdusignState): Promise<void> {
    const professors = state.professors.filter((professor) => isOurs(professor) && !professor.archived);
    const { personnes } = await this.#world.alcuinState();
    const taught = professors.filter((professor) => personnes.some(({ id }) => String(id) === keyOf(professor)));
    if (taught.length === 0) return;
    const professor = this.#pick.one(taught);
    const day = schoolDay(this.#world, this.#pick.between(1, 10));
    const end = DateTime.fromISO(`${day}T19:00`).plus({ minutes: this.#pick.between(30, 59) });
    const span = { start: `${day}T19:00`, end: end.toFormat("yyyy-MM-dd'T'HH:mm") };
    const placed = this.#pick.shuffled(state.students).slice(0, 2);
    await this.#edit({
      edit: 'make-course',
      fields: {
        NAME: 'Fait à la main',
        START: span.start,
        END: span.end,
        CLASSROOM: 'Salle 102',
        PROFESSOR: professor.id,
        STUDENTS: placed.map(({ id }) => ({ studentId: id })),
      },
    });
    const learners = this.#pick.shuffled(personnes.filter(({ idAnnuaire }) => idAnnuaire === 11)).slice(0, 3);
    const lesson = {
      edit: 'add-lesson',
      name: 'Du soir',
      ...span,
      instructors: [Number(keyOf(professor))],
      learners: learners.map(({ id }) => id),
      resources: [702],
    };
    this.#tell(`Alcuin ${JSON.stringify(lesson)}`);
    await this.#world.edit('alcuin', lesson);
  }

  /** A note that arrives days later. */
  async #justify(): Promise<void> {
    const absences = this.#marks.unjustified();
    if (absences.length === 0) return;
    const { course, student } = this.#pick.one(absences);
    await this.#edit({ edit: 'justify', course, student, type: this.#pick.between(1, 7), comment: 'reçu plus tard' });
    this.#marks.justify(course, student);
  }

  async #signLate(): Promise<void> {
    const unsigned = this.#marks.unsigned();
    if (unsigned.length === 0) return;
    const course = this.#pick.one(unsigned);
    await this.#edit({ edit: 'sign-professor', course });
    this.#marks.sign(course);
  }
}
