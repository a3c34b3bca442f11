import { z } from 'zod';
import type { PersonContent } from '../../roster/changes.ts';
import type { TargetChange, TargetOutcome } from '../../roster/contracts.ts';
import { type EdusignClient, readResult, routeOf } from './client.ts';
import type { TargetOptions } from './options.ts';
import { applied, gone, notCovered, refused, rejected, stale } from './outcomes.ts';
import { belongsToOther, isAdoptable } from './ownership.ts';
import {
  apiType,
  type EdusignPerson,
  idShape,
  type PersonKind,
  personPath,
  personShape,
  saysAlreadyExists,
  saysNotFound,
} from './wire.ts';

const content = z.object({
  givenName: z.string(),
  familyName: z.string(),
  email: z.string(),
  phone: z.string().default(''),
}) satisfies z.ZodType<PersonContent>;

/** Professors and students: one way of working, two sets of routes. */
export class People {
  readonly #client: EdusignClient;
  readonly #options: TargetOptions;

  constructor(client: EdusignClient, options: TargetOptions) {
    this.#client = client;
    this.#options = options;
  }

  async apply(kind: PersonKind, change: TargetChange): Promise<TargetOutcome> {
    switch (change.operation) {
      case 'insert':
        return this.#insert(kind, change.foreignId, content.parse(change.after));
      case 'update':
        return this.#update(kind, change.foreignId, change.targetId ?? '', content.parse(change.after));
      // A deletion is archiving at Edusign (documented): the history stays.
      case 'delete':
      case 'archive':
        return this.#archive(kind, change.foreignId, change.targetId ?? '');
      case 'restore':
        return this.#restore(kind, change.foreignId, change.targetId ?? '');
      default:
        return notCovered(`the operation "${change.operation}" of a person`);
    }
  }

  /** The person that carries our key, or, with the same e-mail, our key under an object the look-up by key missed. */
  async lookUp(kind: PersonKind, change: TargetChange): Promise<string | undefined> {
    const byKey = await this.#client.find({ path: [personPath[kind], 'get-id', change.foreignId] }, idShape);
    if (byKey !== undefined) return byKey;
    const { email } = content.parse(change.after);
    const byEmail = email === '' ? undefined : await this.#byEmail(kind, email);
    return byEmail?.apiId === change.foreignId ? byEmail.id : undefined;
  }

  async #insert(kind: PersonKind, foreignId: string, person: PersonContent): Promise<TargetOutcome> {
    const call = { method: 'POST', path: [personPath[kind]], json: this.#insertBody(kind, foreignId, person) } as const;
    const said = await this.#client.call(call);
    if (said.ok) return applied(readResult(said.result, idShape, routeOf(call)));
    return saysAlreadyExists(said.message) ? this.#adopt(kind, foreignId, person) : refused(said.message);
  }

  /** Credentials are mailed by default for a professor and on demand for a student (documented): we always say it. */
  #insertBody(kind: PersonKind, foreignId: string, person: PersonContent) {
    const { sendCredentials } = this.#options;
    const fields = { ...fieldsOf(person), API_ID: foreignId, API_TYPE: apiType };
    return kind === 'instructor'
      ? { professor: fields, dontSendCredentials: !sendCredentials }
      : { student: { ...fields, SEND_EMAIL_CREDENTIALS: sendCredentials } };
  }

  /** Takes over a person who was there before us, unless another system has put its key on them. */
  async #adopt(kind: PersonKind, foreignId: string, person: PersonContent): Promise<TargetOutcome> {
    const found = await this.#byEmail(kind, person.email);
    if (found === undefined) {
      return rejected('Edusign says that this person already exists, but does not find the e-mail address.');
    }
    if (!isAdoptable(found, foreignId)) {
      return rejected('The e-mail address belongs to a person at Edusign who carries the key of another record.');
    }
    const revived = found.archived ? await this.#unarchive(kind, found) : applied(found.id);
    if (revived.state !== 'applied') return revived;
    return this.#patch(kind, found.id, { ...fieldsOf(person), API_ID: foreignId, API_TYPE: apiType });
  }

  async #update(kind: PersonKind, foreignId: string, id: string, person: PersonContent): Promise<TargetOutcome> {
    const found = await this.#byId(kind, id);
    if (found === undefined) return gone('The person is not at Edusign any more.');
    if (found.archived) return gone('Somebody archived the person at Edusign by hand.');
    if (belongsToOther(found, foreignId)) return stale('The person at Edusign carries the key of another system now.');
    if (isSame(found, foreignId, person)) return applied(id);
    return this.#patch(kind, id, { ...fieldsOf(person), PHONE: person.phone, API_ID: foreignId, API_TYPE: apiType });
  }

  async #archive(kind: PersonKind, foreignId: string, id: string): Promise<TargetOutcome> {
    const found = await this.#byId(kind, id);
    if (found === undefined || found.archived) return applied(id);
    if (belongsToOther(found, foreignId)) return stale('The person at Edusign carries the key of another system now.');
    const said = await this.#client.call({ method: 'DELETE', path: [personPath[kind], id] });
    return said.ok || saysNotFound(said.message) ? applied(id) : refused(said.message);
  }

  async #restore(kind: PersonKind, foreignId: string, id: string): Promise<TargetOutcome> {
    const found = await this.#byId(kind, id);
    if (found === undefined) return gone('The person is not at Edusign any more.');
    if (!found.archived) return applied(id);
    if (belongsToOther(found, foreignId)) return stale('The person at Edusign carries the key of another system now.');
    return this.#unarchive(kind, found);
  }

  /** A route of its own for students (seen in public client code); for professors an empty list of schools (assumed). */
  async #unarchive(kind: PersonKind, { id, firstName, lastName, email }: EdusignPerson): Promise<TargetOutcome> {
    if (kind === 'instructor') {
      return this.#patch(kind, id, { FIRSTNAME: firstName, LASTNAME: lastName, EMAIL: email, HIDDEN: [] });
    }
    const said = await this.#client.call({ method: 'GET', path: [personPath[kind], 'restore', id] });
    return said.ok ? applied(id) : refused(said.message);
  }

  async #patch(kind: PersonKind, id: string, fields: Readonly<Record<string, unknown>>): Promise<TargetOutcome> {
    const json = { [personPath[kind]]: { ID: id, ...fields } };
    const said = await this.#client.call({ method: 'PATCH', path: [personPath[kind]], json });
    if (said.ok) return applied(id);
    return saysNotFound(said.message) ? gone('The person is not at Edusign any more.') : refused(said.message);
  }

  #byId(kind: PersonKind, id: string): Promise<EdusignPerson | undefined> {
    return this.#client.find({ path: [personPath[kind], id] }, personShape);
  }

  /** A search that is more generous than equality must not hand us somebody else. */
  async #byEmail(kind: PersonKind, email: string): Promise<EdusignPerson | undefined> {
    const found = await this.#client.find({ path: [personPath[kind], 'by-email', email] }, personShape);
    return found !== undefined && sameEmail(found.email, email) ? found : undefined;
  }
}

function fieldsOf(person: PersonContent): Record<string, string> {
  return {
    FIRSTNAME: person.givenName,
    LASTNAME: person.familyName,
    EMAIL: person.email,
    ...(person.phone === '' ? {} : { PHONE: person.phone }),
  };
}

function isSame(found: EdusignPerson, foreignId: string, person: PersonContent): boolean {
  return (
    found.firstName === person.givenName &&
    found.lastName === person.familyName &&
    sameEmail(found.email, person.email) &&
    found.phone === person.phone &&
    found.apiId === foreignId
  );
}

/** E-mail addresses are compared without regard to case (assumed of Edusign). */
function sameEmail(left: string, right: string): boolean {
  return left.trim().toLowerCase() === right.trim().toLowerCase();
}
