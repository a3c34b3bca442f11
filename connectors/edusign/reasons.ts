import { z } from 'zod';
import type { TargetReason } from '../../roster/contracts.ts';
import type { AttendanceMark } from '../../roster/records.ts';
import type { EdusignClient } from './client.ts';
import { builtInReasons, justificationShape, reasonShape } from './wire.ts';

/** Nobody said why (seen in public client code). */
const unknownType = '0';

/** More justifications than a school has in a year. */
const mostPages = 500;

/**
 * Why absences are justified, by the id that presences point to. Read only as far as needed, and once per reading of
 * attendance. The justification's own comment and file stay where they are: they speak of people's health.
 */
export class Reasons {
  readonly #client: EdusignClient;
  readonly #types = new Map<string, string>();
  #names: ReadonlyMap<string, string> | undefined;
  #nextPage = 0;
  #ended = false;

  constructor(client: EdusignClient) {
    this.#client = client;
  }

  /** The type of a justification: a built-in category, or a reason of the school (seen in public client code). */
  async of(absenceId: string): Promise<Pick<AttendanceMark, 'reason' | 'reasonName'>> {
    while (!this.#types.has(absenceId) && !this.#ended) await this.#readPage();
    const reason = this.#types.get(absenceId) ?? '';
    if (reason === '' || reason === unknownType) return {};
    const reasonName = builtInReasons[reason] ?? (await this.#nameOf(reason));
    return reasonName === undefined ? { reason } : { reason, reasonName };
  }

  /** The page size is not known, so that the end is a page that brings nothing new. */
  async #readPage(): Promise<void> {
    const before = this.#types.size;
    for (const { ID, TYPE } of await readJustifications(this.#client, this.#nextPage)) this.#types.set(ID, TYPE);
    this.#nextPage += 1;
    this.#ended = this.#types.size === before || this.#nextPage >= mostPages;
  }

  async #nameOf(reason: string): Promise<string | undefined> {
    this.#names ??= await readReasonNames(this.#client);
    return this.#names.get(reason);
  }
}

async function readJustifications(client: EdusignClient, page: number) {
  const look = { path: ['justified-absence'], query: { page: String(page) } };
  return (await client.find(look, z.array(justificationShape))) ?? [];
}

/**
 * Every reason that can be chosen, the built-in ones first, and how many of the school's justifications carry each. One
 * that was removed there and is still carried has no name.
 */
export async function readReasons(client: EdusignClient): Promise<TargetReason[]> {
  const names = new Map([...Object.entries(builtInReasons), ...(await readReasonNames(client))]);
  const uses = await countUses(client);
  return [...new Set([...names.keys(), ...uses.keys()])].map((id) => ({
    id,
    name: names.get(id) ?? '',
    uses: uses.get(id) ?? 0,
  }));
}

async function countUses(client: EdusignClient): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const seen = new Set<string>();
  for (let page = 0; page < mostPages; page += 1) {
    const before = seen.size;
    for (const { ID, TYPE } of await readJustifications(client, page)) {
      if (!seen.has(ID) && TYPE !== '' && TYPE !== unknownType) counts.set(TYPE, (counts.get(TYPE) ?? 0) + 1);
      seen.add(ID);
    }
    if (seen.size === before) break;
  }
  return counts;
}

/** The reasons that the school made itself. */
export async function readReasonNames(client: EdusignClient): Promise<ReadonlyMap<string, string>> {
  const look = { path: ['justified-absence', 'absence-reason'] };
  const reasons = (await client.find(look, z.array(reasonShape))) ?? [];
  return new Map(reasons.filter(({ NAME }) => NAME !== '').map(({ ID, NAME }) => [ID, NAME]));
}
