import { z } from 'zod';
import type { AttendanceMark } from '../../roster/records.ts';
import type { EdusignClient } from './client.ts';
import { builtInReasons, justificationShape, reasonShape } from './wire.ts';

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
    if (reason === '') return {};
    const reasonName = builtInReasons[reason] ?? (await this.#nameOf(reason));
    return reasonName === undefined ? { reason } : { reason, reasonName };
  }

  /** The page size is not known, so that the end is a page that brings nothing new. */
  async #readPage(): Promise<void> {
    const query = { page: String(this.#nextPage) };
    const page = await this.#client.find({ path: ['justified-absence'], query }, z.array(justificationShape));
    const before = this.#types.size;
    for (const { ID, TYPE } of page ?? []) this.#types.set(ID, TYPE);
    this.#nextPage += 1;
    this.#ended = this.#types.size === before || this.#nextPage >= mostPages;
  }

  /** 0 is Edusign's "unknown": it has no name. */
  async #nameOf(reason: string): Promise<string | undefined> {
    if (reason === '0') return undefined;
    this.#names ??= await readReasonNames(this.#client);
    return this.#names.get(reason);
  }
}

/** The reasons that the school made itself. */
export async function readReasonNames(client: EdusignClient): Promise<ReadonlyMap<string, string>> {
  const look = { path: ['justified-absence', 'absence-reason'] };
  const reasons = (await client.find(look, z.array(reasonShape))) ?? [];
  return new Map(reasons.filter(({ NAME }) => NAME !== '').map(({ ID, NAME }) => [ID, NAME]));
}
