import { apiType } from './wire.ts';

interface Keyed {
  readonly apiId: string;
  readonly apiType: string;
}

/** Whose an object at Edusign is, by the key it carries. */
export class Ownership {
  readonly #retired: ReadonlySet<string>;

  constructor(takeOverFrom: readonly string[]) {
    this.#retired = new Set(takeOverFrom);
  }

  /** Whether it may be taken over: it carries no key, the very key it shall get, or one of a retired connector. */
  isFree(object: Keyed, foreignId: string): boolean {
    return object.apiId === '' || object.apiId === foreignId || this.#retired.has(object.apiType);
  }

  /**
   * Whether a planned adoption may take it over: also when it carries another key of the same connection, whose record the
   * plan knows to be nobody's any more. An insert that merely meets it cannot know that.
   */
  isAdoptable(object: Keyed, foreignId: string): boolean {
    const sameConnection = object.apiId.startsWith(connectionOf(foreignId));
    return this.isFree(object, foreignId) || (object.apiType === apiType && sameConnection);
  }

  /** Whether another connector, still at work, has put its key on it. A key of ours passes on between connections. */
  belongsToOther(object: Keyed, foreignId: string): boolean {
    return !this.isFree(object, foreignId) && object.apiType !== apiType;
  }
}

/** Our foreign ids begin with the code of the connection and a colon. */
function connectionOf(foreignId: string): string {
  return foreignId.slice(0, foreignId.indexOf(':') + 1);
}

/** Our key, where the object does not carry it yet. */
export function keyFields(object: Keyed, foreignId: string): Record<string, string> {
  if (object.apiId === foreignId && object.apiType === apiType) return {};
  return { API_ID: foreignId, API_TYPE: apiType };
}
