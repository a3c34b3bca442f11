import { z } from 'zod';
import type { GroupContent } from '../../roster/changes.ts';
import type { TargetChange, TargetOutcome } from '../../roster/contracts.ts';
import { type EdusignClient, readResult, routeOf } from './client.ts';
import { LookRefused } from './errors.ts';
import { readList } from './lists.ts';
import { saysNotFound } from './messages.ts';
import { applied, gone, notCovered, refused, rejected, stale, targetIdOf } from './outcomes.ts';
import { keyFields, type Ownership } from './ownership.ts';
import { apiType, type EdusignGroup, groupShape, idShape, keyedShape, pageSizes } from './wire.ts';

/** The members are in the change as ids of the target. */
const content = z.object({ title: z.string(), description: z.string().default('') }) satisfies z.ZodType<
  Omit<GroupContent, 'members'>
>;

/** What a change knows of the group as it was written last. */
const writtenShape = z.object({
  title: z.string().optional().catch(undefined),
  description: z.string().catch(''),
  memberIds: z.array(z.string()).catch([]),
});

const otherKey = 'The group carries the key of another system.';
const notThere = 'The group is not at Edusign any more.';

export class Groups {
  readonly #client: EdusignClient;
  readonly #ownership: Ownership;

  constructor(client: EdusignClient, ownership: Ownership) {
    this.#client = client;
    this.#ownership = ownership;
  }

  async apply(change: TargetChange): Promise<TargetOutcome> {
    switch (change.operation) {
      case 'insert':
        return this.#insert(change);
      case 'adopt':
        return this.#adopt(change);
      case 'update':
        return this.#update(change);
      case 'restore':
        return this.#restore(change);
      // A deletion is archiving at Edusign (documented).
      case 'delete':
      case 'archive':
        return this.#archive(change);
      default:
        return notCovered(`the operation "${change.operation}" of a group`);
    }
  }

  find(id: string): Promise<EdusignGroup | undefined> {
    return this.#client.find({ path: ['group', id] }, groupShape);
  }

  async lookUp({ foreignId }: TargetChange): Promise<string | undefined> {
    try {
      return await this.#client.find({ path: ['group', 'get-id', foreignId] }, idShape);
    } catch (error) {
      // How a miss is worded is assumed: in doubt the list says it.
      if (!(error instanceof LookRefused)) throw error;
      const groups = await readList(this.#client, { path: 'group', entry: keyedShape, pageSize: pageSizes.group });
      return groups.find(({ apiId }) => apiId === foreignId)?.id;
    }
  }

  async #insert(change: TargetChange): Promise<TargetOutcome> {
    const { title, description } = content.parse(change.after);
    const group = {
      NAME: title,
      DESCRIPTION: description,
      STUDENTS: change.learnerIds,
      PARENT: '',
      API_ID: change.foreignId,
      API_TYPE: apiType,
    };
    const call = { method: 'POST', path: ['group'], json: { group } } as const;
    const said = await this.#client.call(call);
    return said.ok ? applied(readResult(said.result, idShape, routeOf(call))) : refused(said.message);
  }

  async #adopt(change: TargetChange): Promise<TargetOutcome> {
    const found = await this.find(targetIdOf(change));
    if (found === undefined) return gone(notThere);
    return this.#ownership.isAdoptable(found, change.foreignId) ? this.#bringTo(change, found) : stale(otherKey);
  }

  async #update(change: TargetChange): Promise<TargetOutcome> {
    const found = await this.find(targetIdOf(change));
    if (found === undefined) return gone(notThere);
    if (found.archived) return gone('Somebody archived the group at Edusign by hand.');
    return this.#ownership.belongsToOther(found, change.foreignId) ? stale(otherKey) : this.#bringTo(change, found);
  }

  async #restore(change: TargetChange): Promise<TargetOutcome> {
    const found = await this.find(targetIdOf(change));
    if (found === undefined) return gone(notThere);
    return this.#ownership.belongsToOther(found, change.foreignId) ? stale(otherKey) : this.#bringTo(change, found);
  }

  /**
   * Restores the group if need be, and patches it if anything differs. A patch names all members (seen in public client
   * code, which reads the list, merges and writes it back).
   */
  async #bringTo(change: TargetChange, found: EdusignGroup): Promise<TargetOutcome> {
    const NAME = nameFor(change, found);
    const DESCRIPTION = descriptionFor(change, found);
    const STUDENTS = membersFor(change, found);
    const key = keyFields(found, change.foreignId);
    const revival = found.archived ? { HIDDEN: 0 } : {};
    const said = DESCRIPTION === found.description ? {} : { DESCRIPTION };
    const same = NAME === found.name && sameSet(STUDENTS, found.studentIds);
    if (same && Object.keys({ ...said, ...key, ...revival }).length === 0) return applied(found.id);
    const json = { group: { ID: found.id, NAME, STUDENTS, ...said, ...key, ...revival } };
    const answer = await this.#client.call({ method: 'PATCH', path: ['group'], json });
    if (!answer.ok) return saysNoGroup(answer.message) ? gone(notThere) : refused(answer.message);
    return found.archived ? this.#confirmRestored(found.id) : applied(found.id);
  }

  /** That a group is restored by a patch is assumed, so it is looked at. */
  async #confirmRestored(id: string): Promise<TargetOutcome> {
    const found = await this.find(id);
    return found?.archived === false ? applied(id) : rejected('Edusign left the group archived. Restore it there.');
  }

  async #archive(change: TargetChange): Promise<TargetOutcome> {
    const id = targetIdOf(change);
    const found = await this.find(id);
    if (found === undefined || found.archived) return applied(id);
    if (this.#ownership.belongsToOther(found, change.foreignId)) return stale(otherKey);
    const said = await this.#client.call({ method: 'DELETE', path: ['group', id] });
    return said.ok || saysNoGroup(said.message) ? applied(id) : refused(said.message);
  }
}

/** A refusal can also name an unknown student, which says nothing about the group. */
function saysNoGroup(message: string): boolean {
  return saysNotFound(message) && /group/i.test(message);
}

/** The source's name if it has changed; otherwise the one that is there, which somebody may have changed by hand. */
function nameFor(change: TargetChange, found: EdusignGroup): string {
  const parsed = content.safeParse(change.after);
  if (!parsed.success) return found.name;
  const title = parsed.data.title.trim();
  return writtenShape.parse(change.before).title === parsed.data.title ? found.name : title;
}

/**
 * As for the name. A source that gives no description leaves the one that is there, unless it gave that one itself; what a
 * group had when it was taken over was never ours.
 */
function descriptionFor(change: TargetChange, found: EdusignGroup): string {
  const parsed = content.safeParse(change.after);
  const before = writtenShape.parse(change.before).description.trim();
  const after = parsed.success ? parsed.data.description.trim() : before;
  if (after === before || (after === '' && change.operation === 'adopt')) return found.description;
  return after;
}

/** The source's members, and those whom somebody added by hand: they are there, but were never written by us. */
function membersFor(change: TargetChange, found: EdusignGroup): string[] {
  const written = new Set(writtenShape.parse(change.before).memberIds);
  const strangers = found.studentIds.filter((id) => !written.has(id));
  return [...new Set([...change.learnerIds, ...strangers])];
}

function sameSet(left: readonly string[], right: readonly string[]): boolean {
  const held = new Set(right);
  return left.length === held.size && left.every((id) => held.has(id));
}
