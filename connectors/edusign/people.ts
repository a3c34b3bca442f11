import { z } from 'zod';
import type { PersonContent } from '../../roster/changes.ts';
import type { TargetChange, TargetOutcome } from '../../roster/contracts.ts';
import { type EdusignClient, readResult, routeOf } from './client.ts';
import { LookRefused } from './errors.ts';
import { saysAlreadyExists, saysNotFound } from './messages.ts';
import type { TargetOptions } from './options.ts';
import { applied, gone, notCovered, refused, rejected, stale, targetIdOf } from './outcomes.ts';
import { keyFields, type Ownership } from './ownership.ts';
import { changedFields, differing, fieldsOf, requiredFields, sameEmail } from './person-fields.ts';
import { apiType, type EdusignPerson, idShape, type PersonKind, personPath, personShape } from './wire.ts';

const content = z.object({
  givenName: z.string(),
  familyName: z.string(),
  email: z.string(),
  phone: z.string().default(''),
}) satisfies z.ZodType<PersonContent>;

const otherKey = 'The person at Edusign carries the key of another system.';
const notThere = 'The person is not at Edusign any more.';

/** Professors and students: one way of working, two sets of routes. */
export class People {
  readonly #client: EdusignClient;
  readonly #options: TargetOptions;
  readonly #ownership: Ownership;

  constructor(client: EdusignClient, options: TargetOptions, ownership: Ownership) {
    this.#client = client;
    this.#options = options;
    this.#ownership = ownership;
  }

  async apply(kind: PersonKind, change: TargetChange): Promise<TargetOutcome> {
    switch (change.operation) {
      case 'insert':
        return this.#insert(kind, change.foreignId, content.parse(change.after));
      case 'adopt':
        return this.#adopt(kind, change);
      case 'update':
        return this.#update(kind, change);
      // A deletion is archiving at Edusign (documented): the history stays.
      case 'delete':
      case 'archive':
        return this.#archive(kind, change);
      case 'restore':
        return this.#restore(kind, change);
      default:
        return notCovered(`the operation "${change.operation}" of a person`);
    }
  }

  find(kind: PersonKind, id: string): Promise<EdusignPerson | undefined> {
    return this.#client.find({ path: [personPath[kind], id] }, personShape);
  }

  /** The person that carries our key, or, with the same e-mail, our key under an object the look-up by key missed. */
  async lookUp(kind: PersonKind, change: TargetChange): Promise<string | undefined> {
    const { email } = content.parse(change.after);
    try {
      const byKey = await this.#client.find({ path: [personPath[kind], 'get-id', change.foreignId] }, idShape);
      if (byKey !== undefined || email === '') return byKey;
    } catch (error) {
      // How a miss by key is worded is assumed. An address is held by one person: it says as much.
      if (!(error instanceof LookRefused) || email === '') throw error;
    }
    const byEmail = await this.#byEmail(kind, email);
    return byEmail?.apiId === change.foreignId ? byEmail.id : undefined;
  }

  /**
   * Where credentials are mailed, the address is looked for first: somebody who is merely restored must get no mail, and
   * a POST might do both. Otherwise one request does, and it says itself when the person exists.
   */
  async #insert(kind: PersonKind, foreignId: string, person: PersonContent): Promise<TargetOutcome> {
    const known = this.#options.sendCredentials ? await this.#byEmail(kind, person.email) : undefined;
    if (known !== undefined) return this.#meet(kind, foreignId, person, known);
    const call = { method: 'POST', path: [personPath[kind]], json: this.#insertBody(kind, foreignId, person) } as const;
    const said = await this.#client.call(call);
    if (said.ok) return applied(readResult(said.result, idShape, routeOf(call)));
    if (!saysAlreadyExists(said.message)) return refused(said.message);
    const found = await this.#byEmail(kind, person.email);
    return found === undefined
      ? rejected('Edusign says that this person already exists, but does not find the e-mail address.')
      : this.#meet(kind, foreignId, person, found);
  }

  /** Credentials are mailed by default for a professor and on demand for a student (documented): we always say it. */
  #insertBody(kind: PersonKind, foreignId: string, person: PersonContent) {
    const { sendCredentials } = this.#options;
    const { PHONE, ...named } = fieldsOf(person);
    const fields = { ...named, ...(person.phone === '' ? {} : { PHONE }), API_ID: foreignId, API_TYPE: apiType };
    return kind === 'instructor'
      ? { professor: fields, dontSendCredentials: !sendCredentials }
      : { student: { ...fields, SEND_EMAIL_CREDENTIALS: sendCredentials } };
  }

  /** Somebody who was to be made is there: archived, or made since the account was last looked through. */
  #meet(kind: PersonKind, foreignId: string, person: PersonContent, found: EdusignPerson): Promise<TargetOutcome> {
    if (this.#ownership.isFree(found, foreignId)) return this.#takeOver(kind, foreignId, person, found);
    return Promise.resolve(
      rejected('The e-mail address belongs to a person at Edusign who carries the key of another record.'),
    );
  }

  async #adopt(kind: PersonKind, change: TargetChange): Promise<TargetOutcome> {
    const found = await this.find(kind, targetIdOf(change));
    if (found === undefined) return gone(notThere);
    if (!this.#ownership.isAdoptable(found, change.foreignId)) return stale(otherKey);
    return this.#takeOver(kind, change.foreignId, content.parse(change.after), found);
  }

  /** That the source knows no phone number does not mean that the one at Edusign is wrong. */
  #takeOver(kind: PersonKind, foreignId: string, person: PersonContent, found: EdusignPerson): Promise<TargetOutcome> {
    const { PHONE, ...fields } = fieldsOf(person);
    return this.#bringTo(kind, foreignId, person.phone === '' ? fields : { ...fields, PHONE }, found);
  }

  async #update(kind: PersonKind, change: TargetChange): Promise<TargetOutcome> {
    const found = await this.find(kind, targetIdOf(change));
    if (found === undefined) return gone(notThere);
    if (found.archived) return gone('Somebody archived the person at Edusign by hand.');
    return this.#bringToContent(kind, change, found);
  }

  async #restore(kind: PersonKind, change: TargetChange): Promise<TargetOutcome> {
    const found = await this.find(kind, targetIdOf(change));
    return found === undefined ? gone(notThere) : this.#bringToContent(kind, change, found);
  }

  #bringToContent(kind: PersonKind, change: TargetChange, found: EdusignPerson): Promise<TargetOutcome> {
    if (this.#ownership.belongsToOther(found, change.foreignId)) return Promise.resolve(stale(otherKey));
    return this.#bringTo(kind, change.foreignId, changedFields(change.before, change.after), found);
  }

  /** Restores the person if need be, and patches what differs, if anything does. */
  async #bringTo(
    kind: PersonKind,
    foreignId: string,
    wanted: Readonly<Record<string, string>>,
    found: EdusignPerson,
  ): Promise<TargetOutcome> {
    if (found.archived && kind === 'learner') {
      // A route of its own (seen in public client code), which mails nothing (assumed).
      const said = await this.#client.call({ method: 'GET', path: [personPath[kind], 'restore', found.id] });
      if (!said.ok) return refused(said.message);
    }
    // For professors an empty list of schools (assumed).
    const revival = found.archived && kind === 'instructor' ? { HIDDEN: [] } : {};
    const changed = { ...differing(wanted, found), ...keyFields(found, foreignId), ...revival };
    if (Object.keys(changed).length === 0) return applied(found.id);
    const outcome = await this.#patch(kind, found.id, { ...requiredFields(kind, found), ...changed });
    return found.archived && kind === 'instructor' && outcome.state === 'applied'
      ? this.#confirmRestored(kind, found.id)
      : outcome;
  }

  /** That a professor is restored by a patch is assumed, so it is looked at. */
  async #confirmRestored(kind: PersonKind, id: string): Promise<TargetOutcome> {
    const found = await this.find(kind, id);
    return found?.archived === false ? applied(id) : rejected('Edusign left the person archived. Restore them there.');
  }

  async #archive(kind: PersonKind, change: TargetChange): Promise<TargetOutcome> {
    const id = targetIdOf(change);
    const found = await this.find(kind, id);
    if (found === undefined || found.archived) return applied(id);
    if (this.#ownership.belongsToOther(found, change.foreignId)) return stale(otherKey);
    const said = await this.#client.call({ method: 'DELETE', path: [personPath[kind], id] });
    return said.ok || saysNotFound(said.message) ? applied(id) : refused(said.message);
  }

  async #patch(kind: PersonKind, id: string, fields: Readonly<Record<string, unknown>>): Promise<TargetOutcome> {
    const json = { [personPath[kind]]: { ID: id, ...fields } };
    const said = await this.#client.call({ method: 'PATCH', path: [personPath[kind]], json });
    if (said.ok) return applied(id);
    return saysNotFound(said.message) ? gone(notThere) : refused(said.message);
  }

  /** A search that is more generous than equality must not hand us somebody else. */
  async #byEmail(kind: PersonKind, email: string): Promise<EdusignPerson | undefined> {
    const found = await this.#client.find({ path: [personPath[kind], 'by-email', email] }, personShape);
    return found !== undefined && sameEmail(found.email, email) ? found : undefined;
  }
}
