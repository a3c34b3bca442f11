import type { School } from './school.ts';
import type { Course, Group, Justification, Presence, Professor, Student } from './state.ts';

/*
 * Objects as they are read over v1: UPPER_CASE names, 0 and 1 for flags, empty text and not null for what is unset,
 * `id` beside `ID`. Spellings that no public client shows are rebuilt from the reference and therefore assumed.
 */

export function renderProfessor(school: School, professor: Professor): Record<string, unknown> {
  return {
    ID: professor.id,
    id: professor.id,
    FIRSTNAME: professor.firstName,
    LASTNAME: professor.lastName,
    EMAIL: professor.email,
    PHONE: professor.phone,
    SPECIALITY: professor.speciality,
    TAGS: professor.tags,
    API_ID: professor.apiId,
    API_TYPE: professor.apiType,
    PIN: professor.pin,
    // A professor may belong to several schools: both are lists, unlike those of a student.
    SCHOOL_ID: [school.state.school.id],
    HIDDEN: professor.archived ? [school.state.school.id] : [],
    VARIABLES: professor.variables,
    DATE_CREATED: professor.created,
    DATE_UPDATED: professor.updated,
  };
}

/** A student as the list shows it: without its groups (Edusign v1 reference). */
export function renderListedStudent(school: School, student: Student): Record<string, unknown> {
  return {
    ID: student.id,
    id: student.id,
    EMAIL: student.email,
    FIRSTNAME: student.firstName,
    LASTNAME: student.lastName,
    USERNAME: student.email,
    PHOTO: student.photo,
    PHONE: student.phone,
    TRAINING_NAME: student.trainingName,
    FILE_NUMBER: student.fileNumber,
    COMPANY: student.company,
    TAGS: student.tags,
    SIGNATURE_ID: '',
    HIDDEN: flag(student.archived),
    DATE_CREATED: student.created,
    DATE_UPDATED: student.updated,
    SCHOOL_ID: school.state.school.id,
    BADGE_ID: student.badgeId,
    API_ID: student.apiId,
    API_TYPE: student.apiType,
    LANGUAGE: school.state.school.language,
    VARIABLES: student.variables,
    STUDENT_FOLLOWER_ID: student.followers,
    NEW_PASSWORD_NEEDED: flag(student.newPasswordNeeded),
    TRAINING_IDS: [],
  };
}

export function renderStudent(school: School, student: Student): Record<string, unknown> {
  return { ...renderListedStudent(school, student), GROUPS: school.groupsOf(student.id).map((group) => group.id) };
}

export function renderGroup(school: School, group: Group): Record<string, unknown> {
  return {
    ID: group.id,
    id: group.id,
    NAME: group.name,
    DESCRIPTION: group.description,
    SCHOOL_ID: school.state.school.id,
    STUDENTS: group.students,
    PARENT: group.parent,
    LOGO: '',
    HIDDEN: flag(group.archived),
    API_ID: group.apiId,
    API_TYPE: group.apiType,
    DATE_CREATED: group.created,
    DATE_UPDATED: group.updated,
    VARIABLES: [],
  };
}

export function renderCourse(school: School, course: Course): Record<string, unknown> {
  return {
    ID: course.id,
    NAME: course.name,
    DESCRIPTION: course.description,
    START: course.start,
    END: course.end,
    CLASSROOM: course.classroom,
    ...renderSeats(course),
    PROFESSORS_PRESENCES: course.professors.map((seat, at) => ({
      professorId: seat.professorId,
      priority: at + 1,
      signature: seat.signature,
      history: [],
    })),
    SCHOOL_GROUP: course.groups,
    STUDENTS: course.students.map((presence) => renderPresence(school, course, presence)),
    MAX_STUDENTS: course.maxStudents,
    API_ID: course.apiId,
    API_TYPE: course.apiType,
    LOCKED: flag(course.locked),
    ATTENDANCE_LIST_GENERATED: course.attendanceList,
    ATTENDANCE_ENDED: flag(isOver(school, course)),
    ABSENCE_SENT: 0,
    NEED_STUDENTS_SIGNATURE: flag(course.needStudentsSignature),
    TRAINING_ID: course.trainingId,
    ZOOM: course.zoom,
    CREATOR_ID: course.creator,
    SCHOOL_ID: school.state.school.id,
    DATE_CREATED: course.created,
    DATE_UPDATED: course.updated,
  };
}

/** A sheet of a list. The details of its learners come on demand and with the first sheet only (reference). */
export function renderListedCourse(school: School, course: Course, withLearners: boolean): Record<string, unknown> {
  const rendered = renderCourse(school, course);
  if (!withLearners) return rendered;
  const details = course.students.flatMap(({ studentId }) => {
    const student = school.state.students.find((each) => each.id === studentId);
    return student === undefined ? [] : [renderListedStudent(school, student)];
  });
  // The name of the field is assumed.
  return { ...rendered, INFO_STUDENTS: details };
}

/** Over by the clock, or closed by hand. */
export function isOver(school: School, course: Course): boolean {
  return course.endedByHand || course.end <= school.now();
}

export function renderJustification(justification: Justification): Record<string, unknown> {
  return {
    ID: justification.id,
    STUDENT_ID: justification.studentId,
    TYPE: justification.type,
    COMMENT: justification.comment,
    FILE_URL: justification.fileUrl,
    DATE_CREATION: justification.created,
    REQUEST_DATE: justification.created,
    START: justification.start,
    END: justification.end,
  };
}

/** The first professor has no number; the others count from 2 (seen in public clients). */
function renderSeats(course: Course): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  course.professors.forEach((seat, at) => {
    const suffix = at === 0 ? '' : `_${at + 1}`;
    fields[`PROFESSOR${suffix}`] = seat.professorId;
    fields[`PROFESSOR_SIGNATURE${suffix}`] = seat.signature;
    if (at === 0) fields['PROFESSOR_SIGNATURE_TIMESTAMP'] = seat.timestamp;
  });
  return fields;
}

/** Entries of a roster are camelCase, unlike their parent. */
function renderPresence(school: School, course: Course, presence: Presence): Record<string, unknown> {
  return {
    _id: presence.id,
    studentId: presence.studentId,
    courseId: course.id,
    schoolId: school.state.school.id,
    state: presence.state,
    timestamp: presence.timestamp,
    signature: presence.signature,
    delay: presence.delay,
    excluded: presence.excluded,
    earlyDeparture: presence.earlyDeparture,
    absenceId: presence.absenceId,
    comment: presence.comment,
    start: course.start,
    end: course.end,
    signatureEmail: null,
  };
}

function flag(value: boolean): 0 | 1 {
  return value ? 1 : 0;
}
