import { type Answer, json } from '../kit/answer.ts';
import type { ApiRequest, Route } from '../kit/dispatch.ts';

/** A business error. It travels under HTTP 200 (documented); clients match on its text, there is no code. */
export class BusinessError extends Error {
  readonly detail: string | readonly string[];

  constructor(detail: string | readonly string[]) {
    super(typeof detail === 'string' ? detail : detail.join('; '));
    this.detail = detail;
  }
}

/** Texts of section "Error messages" of what is known; those seen in public clients are marked. */
export const messages = {
  /** Seen in code. */
  alreadyLocked: 'Course already locked',
  /** Seen in code as a constant; which calls give it is assumed. */
  locked: 'course locked',
  /** Seen in code. */
  noCourse: 'No course with this ID found',
  /** Seen in code. */
  alreadyInList: 'Student already in the list',
  /** Assumed. */
  notInList: 'Student not in the list',
  /** Seen in code. */
  professorExists: 'Professor already exists in this school',
  /** Seen in code. */
  noProfessorByEmail: 'Error - cannot get professor by email',
  /** Assumed, like the next ones. */
  noStudentByEmail: 'Error - cannot get student by email',
  studentExists: 'Student already exists in this school',
  groupExists: 'Group already exists in this school',
  noProfessor: 'No professor with this ID found',
  noStudent: 'No student with this ID found',
  noGroup: 'No group with this ID found',
  noReason: 'No absence reason with this ID found',
  endBeforeStart: 'END must be after START',
  rangeTooLong: 'Date range exceeds 90 days',
} as const;

/** Text for a `get-id` miss. Assumed. */
export function noApiId(resource: string): string {
  return `No ${resource} with this API_ID found`;
}

/** Wraps what a route gives into the v1 envelope, and a business error too. */
export function enveloped(act: (request: ApiRequest) => unknown): Route {
  return (request): Answer => {
    try {
      return json({ status: 'success', result: act(request) });
    } catch (error) {
      if (error instanceof BusinessError) return json({ status: 'error', message: error.detail });
      throw error;
    }
  };
}
