import type { RawChunk } from '../../roster/contracts.ts';
import { RollcallError } from '../../roster/errors.ts';
import {
  type Definition,
  definitionShape,
  type Favourite,
  menusShape,
  menusUrl,
  pageSize,
  partName,
  queryUrl,
  searchUrl,
} from './auriga-wire.ts';
import type { AurigaClient } from './client.ts';
import { answerInvalid, drifted, settingWrong } from './errors.ts';
import { mustBe } from './json.ts';
import type { FavouriteOption, SourceOptions } from './options.ts';
import { type Page, readPage } from './page.ts';

/** A server that never comes to an end must not fill our store. */
const maxPages = 5_000;

/** A favourite that the options name, and where it runs. */
export interface NamedFavourite {
  readonly favourite: Favourite;
  readonly queryId: string;
  readonly option: FavouriteOption;
  /** Where the options say it; else the menu does. */
  readonly menuEntryId: string | undefined;
}

export function namedFavourites(options: SourceOptions): NamedFavourite[] {
  const { interventionsDetailFavoriteQueryId: interventions, GroupesDetailFavoriteQueryId: groups } = options;
  return [
    {
      favourite: 'interventions',
      queryId: interventions,
      option: 'interventionsDetailFavoriteQueryId',
      menuEntryId: options.interventionsMenuEntryId,
    },
    ...(groups === undefined
      ? []
      : [
          {
            favourite: 'groups' as const,
            queryId: groups,
            option: 'GroupesDetailFavoriteQueryId' as const,
            menuEntryId: options.groupsMenuEntryId,
          },
        ]),
  ];
}

/** Which menu entry a saved query runs under, as the menu of the account says it. Asked for once, and only if needed. */
export class MenuEntries {
  readonly #client: AurigaClient;
  #found: Promise<Map<string, string>> | undefined;

  constructor(client: AurigaClient) {
    this.#client = client;
  }

  async of({ menuEntryId, queryId, option, favourite }: NamedFavourite): Promise<string> {
    if (menuEntryId !== undefined) return menuEntryId;
    const entry = (await this.all()).get(queryId);
    if (entry !== undefined) return entry;
    throw settingWrong(
      `The menu of Auriga at ${this.#client.base.host} shows the account no query ${queryId} (${option}). ` +
        `If the number is right, set ${favourite}MenuEntryId.`,
      { host: this.#client.base.host, query: queryId, option },
    );
  }

  /** Menu entries by the query that runs under them. */
  all(): Promise<ReadonlyMap<string, string>> {
    this.#found ??= this.#read().catch((error: unknown) => {
      this.#found = undefined;
      throw error;
    });
    return this.#found;
  }

  async #read(): Promise<Map<string, string>> {
    const { body } = await this.#client.ask('GET', menusUrl(this.#client.base));
    const { menus } = mustBe(body, menusShape, 'menu');
    return new Map(
      menus
        .flatMap(({ objects }) => objects)
        .flatMap(({ menuEntryId, queryId }): [string, string][] =>
          menuEntryId && queryId ? [[queryId, menuEntryId]] : [],
        ),
    );
  }
}

/**
 * The raw answers of a run: each favourite's definition and its pages. A read of which a favourite was not complete ends in
 * an error, so that no short list is ever taken for the whole.
 */
export async function* fetchAll(client: AurigaClient, options: SourceOptions): AsyncGenerator<RawChunk> {
  const entries = new MenuEntries(client);
  for (const named of namedFavourites(options)) yield* fetchFavourite(client, named, await entries.of(named));
}

/** Reads once more what changed between two pages. A definition in a snapshot voids what stands before it. */
async function* fetchFavourite(client: AurigaClient, named: NamedFavourite, entry: string): AsyncGenerator<RawChunk> {
  try {
    yield* fetchOnce(client, named, entry);
  } catch (error) {
    if (!(error instanceof RollcallError && error.code === 'SOURCE_DRIFTED')) throw error;
    yield* fetchOnce(client, named, entry);
  }
}

async function* fetchOnce(client: AurigaClient, named: NamedFavourite, entry: string): AsyncGenerator<RawChunk> {
  const { chunk, definition } = await fetchDefinition(client, named, entry);
  yield chunk;
  let first: Page | undefined;
  for (let number = 1; number <= maxPages; number += 1) {
    const { chunk, page } = await fetchPage(client, named, entry, definition, number);
    first ??= page;
    refuseDrift(named, first, page, number);
    yield chunk;
    if (number >= page.totalPages) return;
  }
  throw answerInvalid(`The ${named.favourite} of Auriga have more pages than can be real.`, { pages: maxPages });
}

function refuseDrift({ favourite }: NamedFavourite, first: Page, page: Page, number: number): void {
  const changed = page.totalPages !== first.totalPages || page.totalLines !== first.totalLines;
  // A page of the middle that is empty has lost its lines to somebody's edit; so has one that a later one overtook.
  const isEmpty = page.lines.length === 0 && page.totalPages > 1;
  if (changed || isEmpty) {
    throw drifted(`The ${favourite} of Auriga changed while they were read.`, { page: number });
  }
}

/** The definition as the server keeps it: it is sent back to run the query, and holds its time zone. */
export async function fetchDefinition(
  client: AurigaClient,
  named: NamedFavourite,
  entry: string,
): Promise<{ chunk: RawChunk; definition: Definition }> {
  const unknown = () => favouriteUnknown(client, named, entry);
  const answer = await client.ask('GET', queryUrl(client.base, entry, named.queryId), undefined, unknown);
  const part = partName(named.favourite);
  const { queryDefinition: definition } = mustBe(answer.body, definitionShape, part);
  return { chunk: { part, mediaType: answer.mediaType, body: answer.body }, definition };
}

export async function fetchPage(
  client: AurigaClient,
  named: NamedFavourite,
  entry: string,
  definition: Definition,
  number: number,
  size = pageSize,
): Promise<{ chunk: RawChunk; page: Page }> {
  const unknown = () => favouriteUnknown(client, named, entry);
  const { mediaType, body } = await client.ask(
    'POST',
    searchUrl(client.base, entry, number, size),
    definition,
    unknown,
  );
  const chunk: RawChunk = { part: partName(named.favourite, number), mediaType, body };
  return { chunk, page: readPage(chunk) };
}

/** A favourite that is not there is a setting to correct, never an empty school. */
function favouriteUnknown(client: AurigaClient, { queryId, option }: NamedFavourite, entry: string): RollcallError {
  const { host } = client.base;
  return settingWrong(`Auriga at ${host} does not know query ${queryId} (${option}) under menu entry ${entry}.`, {
    host,
    query: queryId,
    option,
  });
}
