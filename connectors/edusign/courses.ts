import type { EdusignClient } from './client.ts';
import { type Course, courseShape } from './wire-course.ts';

export function findCourse(client: EdusignClient, id: string): Promise<Course | undefined> {
  return client.find({ path: ['course', id] }, courseShape);
}

/** How long a look may serve the changes of one sheet that follow each other. */
const freshMs = 2_000;

interface Look {
  readonly at: number;
  readonly course: Promise<Course | undefined>;
}

/**
 * Looks at sheets right before they are changed. The changes of one roster that are under way together share a look; a
 * write of our own ends it, so that nothing is decided by what we have changed since.
 */
export class CourseLooks {
  readonly #client: EdusignClient;
  readonly #looks = new Map<string, Look>();

  constructor(client: EdusignClient) {
    this.#client = client;
  }

  /** As it is now, or was within the last two seconds. */
  recent(id: string): Promise<Course | undefined> {
    const now = performance.now();
    for (const [known, look] of this.#looks) if (now - look.at > freshMs) this.#looks.delete(known);
    const look = this.#looks.get(id) ?? { at: now, course: findCourse(this.#client, id) };
    this.#looks.set(id, look);
    // A look that failed serves nobody else.
    look.course.catch(() => this.forget(id));
    return look.course;
  }

  now(id: string): Promise<Course | undefined> {
    this.forget(id);
    return findCourse(this.#client, id);
  }

  forget(id: string): void {
    this.#looks.delete(id);
  }
}
