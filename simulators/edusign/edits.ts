import { z } from 'zod';
import { ControlError } from '../kit/control.ts';
import { read } from './body.ts';
import { courseBody, createCourse, deleteCourse, patchCourse } from './courses.ts';
import { dayShape, letDayPass } from './day.ts';
import { Desk } from './desk.ts';
import { BusinessError } from './envelope.ts';
import { createGroup, groupFields, patchGroup } from './groups.ts';
import {
  finish,
  justify,
  lockCourse,
  markAbsent,
  markEarly,
  markExcluded,
  markLate,
  sign,
  signProfessor,
  unlockCourse,
} from './presences.ts';
import { archiveProfessor, createProfessor, patchProfessor, professorFields } from './professors.ts';
import { isOver, renderCourse, renderGroup, renderProfessor, renderStudent } from './render.ts';
import type { School } from './school.ts';
import { emptyState } from './state.ts';
import { archiveStudent, createStudent, patchStudent, studentFields } from './students.ts';

const course = z.string();
const student = z.string();
/** Any ISO time; without an offset, the school's wall clock. Absent: now. */
const at = z.string().optional();
const fields = z.record(z.string(), z.unknown());

const editShape = z.discriminatedUnion('edit', [
  z.strictObject({ edit: z.literal('sign'), course, student, at, late: z.number().min(0).default(0) }),
  z.strictObject({ edit: z.literal('sign-professor'), course, professor: z.string().optional(), at }),
  z.strictObject({ edit: z.literal('late'), course, student, minutes: z.number().min(0) }),
  z.strictObject({ edit: z.literal('early'), course, student, at }),
  z.strictObject({ edit: z.literal('exclude'), course, student, at }),
  z.strictObject({ edit: z.literal('absent'), course, student, comment: z.string().default('') }),
  z.strictObject({
    edit: z.literal('justify'),
    student,
    /** The span of this sheet, or start and end. */
    course: course.optional(),
    start: z.string().optional(),
    end: z.string().optional(),
    type: z.number().int().default(1),
    comment: z.string().default(''),
  }),
  z.strictObject({ edit: z.literal('lock'), course }),
  z.strictObject({ edit: z.literal('unlock'), course }),
  z.strictObject({
    edit: z.literal('finish'),
    course,
    absent: z.array(student).default([]),
    late: z.record(z.string(), z.number()).default({}),
    lock: z.boolean().default(false),
  }),
  z.strictObject({ edit: z.literal('finish-ended'), lock: z.boolean().default(false) }),
  z.strictObject({ edit: z.literal('let-day-pass'), ...dayShape.shape }),
  z.strictObject({ edit: z.literal('make-course'), fields }),
  z.strictObject({ edit: z.literal('change-course'), course, fields }),
  z.strictObject({ edit: z.literal('delete-course'), course }),
  z.strictObject({ edit: z.literal('add-learner'), course, student }),
  z.strictObject({ edit: z.literal('remove-learner'), course, student }),
  z.strictObject({ edit: z.literal('make-student'), fields }),
  z.strictObject({ edit: z.literal('change-student'), student, fields }),
  z.strictObject({ edit: z.literal('archive-student'), student }),
  z.strictObject({ edit: z.literal('delete-student'), student }),
  z.strictObject({ edit: z.literal('make-professor'), fields }),
  z.strictObject({ edit: z.literal('change-professor'), professor: z.string(), fields }),
  z.strictObject({ edit: z.literal('archive-professor'), professor: z.string() }),
  z.strictObject({ edit: z.literal('make-group'), fields }),
  z.strictObject({ edit: z.literal('change-group'), group: z.string(), fields }),
  z.strictObject({ edit: z.literal('archive-group'), group: z.string() }),
  z.strictObject({ edit: z.literal('add-reason'), id: z.number().int().min(8), name: z.string() }),
  z.strictObject({ edit: z.literal('reset') }),
]);
type Edit = z.infer<typeof editShape>;

/** Name that sheets made by hand carry as their creator. */
const byHand = 'admin';

/**
 * Does what people do in the platform's own screens: sign, mark, lock, and change things behind a connector's back.
 * A sheet or person is named by its identifier, its API_ID, or (people) the e-mail address.
 */
export function editSchool(school: School, body: unknown): unknown {
  const edit = editShape.parse(body);
  try {
    return act(school, edit);
  } catch (error) {
    if (error instanceof BusinessError) throw new ControlError(error.message);
    throw error;
  }
}

function act(school: School, edit: Edit): unknown {
  const desk = new Desk(school);
  switch (edit.edit) {
    case 'sign':
      return desk.onPresence(edit, (sheet, presence) => {
        const started = new Date(Date.parse(sheet.start) + edit.late * 60_000).toISOString();
        sign(school, sheet, presence, edit.late > 0 && edit.at === undefined ? started : desk.time(edit.at));
        if (edit.late > 0) markLate(school, sheet, presence, edit.late);
      });
    case 'sign-professor':
      return desk.onCourse(edit.course, (sheet) => {
        const who = edit.professor === undefined ? undefined : desk.professor(edit.professor).id;
        signProfessor(school, sheet, who, desk.time(edit.at));
      });
    case 'late':
      return desk.onPresence(edit, (sheet, presence) => markLate(school, sheet, presence, edit.minutes));
    case 'early':
      return desk.onPresence(edit, (sheet, presence) => markEarly(school, sheet, presence, desk.time(edit.at)));
    case 'exclude':
      return desk.onPresence(edit, (sheet, presence) => markExcluded(school, sheet, presence, desk.time(edit.at)));
    case 'absent':
      return desk.onPresence(edit, (sheet, presence) => markAbsent(school, sheet, presence, edit.comment));
    case 'justify': {
      const span = desk.span(edit);
      return justify(school, desk.student(edit.student), { ...span, type: edit.type, comment: edit.comment });
    }
    case 'lock':
      return desk.onCourse(edit.course, (sheet) => lockCourse(school, sheet));
    case 'unlock':
      return desk.onCourse(edit.course, (sheet) => unlockCourse(school, sheet));
    case 'finish':
      return desk.onCourse(edit.course, (sheet) => {
        const late = Object.entries(edit.late).map(([who, minutes]) => [desk.student(who).id, minutes] as const);
        const absent = edit.absent.map((who) => desk.student(who).id);
        finish(school, sheet, { absent, late: Object.fromEntries(late), lock: edit.lock });
      });
    case 'finish-ended': {
      const over = school.state.courses.filter((sheet) => isOver(school, sheet) && !sheet.endedByHand);
      for (const sheet of over) finish(school, sheet, { absent: [], late: {}, lock: edit.lock });
      return { courses: over.map((sheet) => sheet.id) };
    }
    case 'let-day-pass':
      return letDayPass(school, edit);
    default:
      return byDesk(school, desk, edit);
  }
}

/** What changes the things themselves, not who was there. */
function byDesk(school: School, desk: Desk, edit: Edit): unknown {
  switch (edit.edit) {
    case 'make-course':
      return renderCourse(school, createCourse(school, read(courseBody, { course: edit.fields }).course, byHand));
    case 'change-course':
      return desk.onCourse(edit.course, (sheet) =>
        patchCourse(school, sheet, read(courseBody, { course: edit.fields }).course),
      );
    case 'delete-course':
      return desk.onCourse(edit.course, (sheet) => deleteCourse(school, sheet));
    case 'add-learner':
      return desk.onCourse(edit.course, (sheet) => {
        const { id } = desk.student(edit.student);
        if (!sheet.students.some((presence) => presence.studentId === id)) {
          sheet.students.push(school.newPresence(id, 'direct'));
        }
        sheet.updated = school.now();
      });
    case 'remove-learner':
      return desk.onPresence(edit, (sheet, gone) => {
        sheet.students = sheet.students.filter((presence) => presence !== gone);
        sheet.updated = school.now();
      });
    case 'make-student':
      return createStudent(school, read(studentFields, edit.fields));
    case 'change-student': {
      const found = desk.student(edit.student);
      patchStudent(school, found, read(studentFields, edit.fields));
      return renderStudent(school, found);
    }
    case 'archive-student':
      return archiveStudent(school, desk.student(edit.student));
    case 'delete-student': {
      // Not archived but gone, address freed: what a support request to the vendor does.
      const gone = desk.student(edit.student);
      school.state.students = school.state.students.filter((other) => other !== gone);
      for (const group of school.state.groups) group.students = group.students.filter((id) => id !== gone.id);
      return { ID: gone.id };
    }
    case 'make-professor':
      return createProfessor(school, read(professorFields, edit.fields), false);
    case 'change-professor': {
      const found = desk.professor(edit.professor);
      patchProfessor(school, found, read(professorFields, edit.fields));
      return renderProfessor(school, found);
    }
    case 'archive-professor':
      return archiveProfessor(school, desk.professor(edit.professor));
    case 'make-group':
      return createGroup(school, read(groupFields, edit.fields));
    case 'change-group': {
      const found = desk.group(edit.group);
      patchGroup(school, found, read(groupFields, edit.fields));
      return renderGroup(school, found);
    }
    case 'archive-group':
      return Object.assign(desk.group(edit.group), { archived: true, updated: school.now() });
    case 'add-reason':
      school.state.reasons.push({ id: edit.id, name: edit.name });
      return school.state.reasons;
    case 'reset':
      school.state = emptyState();
      return { school: school.state.school.name };
    default:
      throw new RangeError(`unknown edit ${edit.edit}`);
  }
}
