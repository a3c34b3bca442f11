import { z } from 'zod';

/**
 * What the attendance platform holds, in plain names; `render.ts` gives it the wire's. All times are UTC instants with
 * milliseconds, by business time.
 */
const id = z.string();
const instant = z.string();
const variables = z.array(z.unknown());

const person = {
  id,
  firstName: z.string(),
  lastName: z.string(),
  email: z.string(),
  phone: z.string(),
  apiId: z.string(),
  apiType: z.string(),
  tags: z.array(z.string()),
  variables,
  /** Archived people keep their history and their e-mail address. */
  archived: z.boolean(),
  created: instant,
  updated: instant,
};

const professorShape = z.strictObject({ ...person, speciality: z.string(), pin: z.string() });

const studentShape = z.strictObject({
  ...person,
  fileNumber: z.string(),
  photo: z.string(),
  trainingName: z.string(),
  company: z.string(),
  badgeId: z.string(),
  followers: z.array(z.string()),
  newPasswordNeeded: z.boolean(),
});

const groupShape = z.strictObject({
  id,
  name: z.string(),
  description: z.string(),
  students: z.array(id),
  parent: z.string(),
  apiId: z.string(),
  apiType: z.string(),
  archived: z.boolean(),
  created: instant,
  updated: instant,
});

/** One learner on one sheet. */
const presenceShape = z.strictObject({
  id: z.number().int(),
  studentId: id,
  /** Came by a group and leaves with it, or was put on the sheet by name. */
  origin: z.enum(['group', 'direct']),
  state: z.boolean(),
  timestamp: instant.nullable(),
  signature: z.string().nullable(),
  /** Minutes. */
  delay: z.number(),
  excluded: instant.nullable(),
  earlyDeparture: instant.nullable(),
  absenceId: z.string().nullable(),
  comment: z.string(),
});

const seatShape = z.strictObject({ professorId: id, signature: z.string(), timestamp: instant.nullable() });

const courseShape = z.strictObject({
  id,
  name: z.string(),
  description: z.string(),
  start: instant,
  end: instant,
  classroom: z.string(),
  /** In order: PROFESSOR, PROFESSOR_2, … */
  professors: z.array(seatShape),
  groups: z.array(id),
  students: z.array(presenceShape),
  maxStudents: z.number(),
  apiId: z.string(),
  apiType: z.string(),
  trainingId: z.string(),
  zoom: z.string(),
  needStudentsSignature: z.boolean(),
  locked: z.boolean(),
  /** Link to the generated PDF; stays after an unlock. */
  attendanceList: z.string(),
  /** Closed before its end by hand; a sheet whose end has passed is over anyway. */
  endedByHand: z.boolean(),
  /** `API` for sheets made through it (documented), else who made it. */
  creator: z.string(),
  created: instant,
  updated: instant,
});

const justificationShape = z.strictObject({
  id,
  studentId: id,
  type: z.number().int(),
  comment: z.string(),
  fileUrl: z.string(),
  start: instant,
  end: instant,
  created: instant,
});

/** A credentials e-mail that the real platform would have sent. Nothing is ever sent from here. */
const mailShape = z.strictObject({ at: instant, to: z.enum(['professor', 'student']), id, email: z.string() });

/** Behaviour that nobody outside knows for sure; the defaults are the harsher reading. */
export const settingsShape = z.strictObject({
  /** PATCH of a course with STUDENTS or SCHOOL_GROUP: `erase` forgets presences, `keep` keeps those of who stays. */
  rosterOnPatch: z.enum(['erase', 'keep']),
  /** Whether a changed group changes future, unlocked sheets. */
  groupEdits: z.enum(['propagate', 'ignore']),
  /** Whether a signature moves DATE_UPDATED of the sheet. A justification never does. */
  signingMovesDateUpdated: z.boolean(),
  /** Whether a second active group of one name is refused. */
  uniqueGroupNames: z.boolean(),
});

export const stateShape = z.strictObject({
  version: z.literal(1),
  school: z.strictObject({
    id,
    name: z.string(),
    timezone: z.string(),
    language: z.string(),
    webhooks: z.array(z.unknown()),
  }),
  settings: settingsShape,
  professors: z.array(professorShape),
  students: z.array(studentShape),
  groups: z.array(groupShape),
  courses: z.array(courseShape),
  /** Sheets that were deleted, as they were: the API no longer finds them, a tester may. */
  deletedCourses: z.array(courseShape),
  justifications: z.array(justificationShape),
  /** The school's own absence reasons; built-in categories are 0 to 7. */
  reasons: z.array(z.strictObject({ id: z.number().int(), name: z.string() })),
  mails: z.array(mailShape),
  /** How many identifiers and presence entries were handed out. */
  lastId: z.number().int(),
  lastPresenceId: z.number().int(),
});

export type EdusignState = z.infer<typeof stateShape>;
export type Settings = z.infer<typeof settingsShape>;
export type Professor = z.infer<typeof professorShape>;
export type Student = z.infer<typeof studentShape>;
export type Group = z.infer<typeof groupShape>;
export type Course = z.infer<typeof courseShape>;
export type Presence = z.infer<typeof presenceShape>;
export type Justification = z.infer<typeof justificationShape>;

/** A school that has just signed up: no people, no sheets. */
export function emptyState(): EdusignState {
  return {
    version: 1,
    school: {
      id: 'sch0lumiere0demo',
      name: 'École Lumière (démonstration)',
      timezone: 'Europe/Paris',
      language: 'fr',
      webhooks: [],
    },
    settings: {
      rosterOnPatch: 'erase',
      groupEdits: 'propagate',
      signingMovesDateUpdated: true,
      uniqueGroupNames: true,
    },
    professors: [],
    students: [],
    groups: [],
    courses: [],
    deletedCourses: [],
    justifications: [],
    reasons: [
      { id: 101, name: 'Grève des transports' },
      { id: 102, name: 'Convocation administrative' },
    ],
    mails: [],
    lastId: 0,
    lastPresenceId: 0,
  };
}
