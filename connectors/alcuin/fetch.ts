import type { RawChunk } from '../../roster/contracts.ts';
import type { Window } from '../../roster/window.ts';
import type { AlcuinClient } from './client.ts';
import { answerInvalid, directoryUnknown, drifted } from './errors.ts';
import { eventsBeyond, eventsWithin, groupsOf, type List, membersOf } from './lists.ts';
import { namedDirectories, type SourceOptions } from './options.ts';
import { type Page, readPage } from './page.ts';
import { readId } from './text.ts';
import { eventShape, groupShape, type Item } from './wire.ts';

/** A server that never comes to an end must not fill our store. */
const maxPages = 5_000;

/**
 * The raw pages of a run: events of the window, events beyond it, groups. A read of which any list was not complete ends
 * in an error, so that no short list is ever taken for the whole.
 */
export async function* fetchAll(
  client: AlcuinClient,
  options: SourceOptions,
  window: Window,
): AsyncGenerator<RawChunk> {
  await refuseUnknownDirectories(client, options);
  const named = new Set<string>();
  const noteGroups = (page: Page) => {
    for (const item of page.content) for (const id of groupDirectories(item)) named.add(id);
  };
  yield* fetchList(client, eventsWithin(client.base, window), noteGroups);
  if (options.lookAheadDays > 0) {
    yield* fetchList(client, eventsBeyond(client.base, window, options.lookAheadDays), noteGroups);
  }
  if (!options.groups) return;
  const chosen = options.annuaireIdStudentsGroups ?? [];
  for (const id of chosen.length > 0 ? chosen : [...named].sort()) {
    yield* fetchList(client, groupsOf(client.base, id, chosen.length > 0));
  }
}

/**
 * A mistyped directory of people would leave every lesson out, and the school would look empty: it is asked for first.
 * Directories of groups are read as a whole later. The answer holds somebody's data and goes nowhere.
 */
async function refuseUnknownDirectories(client: AlcuinClient, options: SourceOptions): Promise<void> {
  const ofPeople = namedDirectories(options).filter(({ option }) => option !== 'annuaireIdStudentsGroups');
  for (const { option, id } of ofPeople) await countMembers(client, membersOf(client.base, id, option));
}

/** How many a list says it has, from its shortest page. */
export async function countMembers(client: AlcuinClient, list: List): Promise<number> {
  return (await fetchPage(client, list, 1, 1)).page.total;
}

async function* fetchList(client: AlcuinClient, list: List, note?: (page: Page) => void): AsyncGenerator<RawChunk> {
  const count = new Count(list);
  for (let number = 1; number <= maxPages; number += 1) {
    const { chunk, page } = await fetchPage(client, list, number);
    count.add(page);
    if (number > 1 && namesOf(page).length > new Set(namesOf(page)).size)
      await refuseUnlessSame(client, list, number, page);
    note?.(page);
    yield chunk;
    if (count.isComplete()) return;
  }
  throw answerInvalid(`Alcuin lists more ${list.words} than can be real.`, { pages: maxPages });
}

/**
 * A page that lists something twice is read once more: where the source doubles it by itself, it does so again; where the
 * list was shifting under the reader, it does not, and something else fell between two pages.
 */
async function refuseUnlessSame(client: AlcuinClient, list: List, number: number, page: Page): Promise<void> {
  const again = await fetchPage(client, list, number);
  if (namesOf(again.page).join() === namesOf(page).join()) return;
  throw drifted(`A page of the ${list.words} of Alcuin changed while the list was read.`, { page: page.part });
}

/** What tells the items of a page apart; those without an identifier are told by other checks. */
function namesOf(page: Page): string[] {
  return page.content.flatMap((item) =>
    item['id'] === undefined ? [] : [JSON.stringify([item['id'], item['debut']])],
  );
}

/** A page is given out only once it is known to be one. */
async function fetchPage(client: AlcuinClient, list: List, number: number, size?: number) {
  const { option, directory } = list;
  const unknown = directory === undefined ? undefined : () => directoryUnknown(client.base.host, directory, option);
  const { mediaType, body } = await client.get(list.url(number, size), unknown);
  const chunk: RawChunk = { part: list.part(number), mediaType, body };
  return { chunk, page: readPage(chunk) };
}

/** The directories of the groups that an event names. */
function groupDirectories(item: Item): string[] {
  return eventShape.parse(item).groupes.flatMap((group) => {
    const parsed = groupShape.safeParse(group);
    return parsed.success ? (readId(parsed.data.idAnnuaire) ?? []) : [];
  });
}

/** Watches whether the pages belong to one unchanged list. */
class Count {
  readonly #list: List;
  #total: number | undefined;
  #seen = 0;
  readonly #pageOf = new Map<string, string>();

  constructor(list: List) {
    this.#list = list;
  }

  add(page: Page): void {
    const { words } = this.#list;
    this.#total ??= page.total;
    if (page.total !== this.#total) throw drifted(`The number of ${words} in Alcuin changed between two pages.`);
    this.#seen += page.content.length;
    const short = page.content.length === 0 && this.#seen < this.#total;
    if (short || this.#seen > this.#total) {
      const facts = { named: this.#total, given: this.#seen };
      throw drifted(`Alcuin gave another number of ${words} than it named.`, facts);
    }
    this.#refuseDoubles(page);
  }

  isComplete(): boolean {
    return this.#seen === this.#total;
  }

  /** What is on two pages has pushed something else off both. On one page it is the source's own doubling. */
  #refuseDoubles(page: Page): void {
    for (const item of page.content) {
      if (item['id'] === undefined) continue;
      const name = JSON.stringify([item['id'], item['debut']]);
      const part = this.#pageOf.get(name) ?? page.part;
      if (part !== page.part) {
        throw drifted(`One of the ${this.#list.words} of Alcuin stands on two pages.`, {
          first: part,
          second: page.part,
        });
      }
      this.#pageOf.set(name, part);
    }
  }
}
