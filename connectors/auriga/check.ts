import type { Access, Check } from '../../roster/contracts.ts';
import { type ErrorCode, errorMeanings } from '../../roster/error-codes.ts';
import { RollcallError } from '../../roster/errors.ts';
import type { Window } from '../../roster/window.ts';
import { readProxy } from '../forward-proxy.ts';
import { type Definition, groupColumns, interventionColumns, titleShape, type WantedColumn } from './auriga-wire.ts';
import { readLabel } from './cells.ts';
import type { AurigaClient } from './client.ts';
import { missing, placesOf, quoted } from './columns.ts';
import { fetchDefinition, fetchPage, MenuEntries, type NamedFavourite, namedFavourites } from './favourites.ts';
import { mustBe } from './json.ts';
import type { FavouriteOption, SourceOptions } from './options.ts';
import type { Page } from './page.ts';

/** One thing to try; what it throws becomes its line. */
interface Trial {
  readonly subject: string;
  readonly attempt: () => Promise<Check[]>;
  /** Without it nothing that follows can be tried. */
  readonly decisive?: true;
}

/**
 * Tries every setting and credential in turn, by reading only. After what makes all the rest fail too (a refused account
 * above all: repeated attempts may lock it), nothing more is tried.
 */
export async function* checkAuriga(
  client: AurigaClient,
  access: Access,
  options: SourceOptions,
  window: Window,
): AsyncGenerator<Check> {
  const entries = new MenuEntries(client);
  const trials: Trial[] = [
    { subject: 'single sign-on', attempt: () => reachSignOn(client), decisive: true },
    { subject: 'sign-in', attempt: () => signIn(client), decisive: true },
    { subject: 'address', attempt: () => reachAuriga(client, entries), decisive: true },
    ...namedFavourites(options).map((named) => favouriteTrial(client, entries, named, window)),
  ];
  for (const { subject, attempt, decisive } of trials) {
    try {
      yield* await attempt();
    } catch (error) {
      const problem = problemOf(error, access);
      yield failedLine(problem, subject, options);
      if (decisive || !canGoOn.has(problem.code)) return;
    }
  }
  if (options.useProxy) yield proxyLine(access);
}

/** Problems that are about one question only. */
const canGoOn: ReadonlySet<ErrorCode> = new Set(['SOURCE_SETTING_WRONG', 'SOURCE_FORBIDDEN', 'SOURCE_ANSWER_INVALID']);

/** What is wrong with the source or its settings becomes a line; a cancelled check, or a fault of ours, does not. */
function problemOf(error: unknown, access: Access): RollcallError {
  if (access.signal.aborted) throw access.signal.reason;
  const isOurs = error instanceof RollcallError && /^(SOURCE_|HOST_NOT_ALLOWED$)/.test(error.code);
  if (!isOurs) throw error;
  return error;
}

function failedLine(error: RollcallError, subject: string, options: SourceOptions): Check {
  const about = error.facts['subject'];
  const told = error.code === 'SOURCE_PROXY_FAILED' ? 'proxy' : typeof about === 'string' ? about : subject;
  return { subject: told, state: 'failed', detail: error.message, next: nextFor(error, told, options) };
}

function nextFor({ code }: RollcallError, subject: string, { useProxy }: SourceOptions): string {
  if (code === 'SOURCE_FORBIDDEN' && !subject.startsWith('favourite')) {
    return useProxy
      ? "Ask the school to let the forward proxy's address through its firewall."
      : "Ask the school to let the address Rollcall calls from through its firewall, or set useProxy to call from the proxy's.";
  }
  if (code === 'SOURCE_FORBIDDEN') return 'Ask the administrator of Auriga to share the favourite with the account.';
  if (subject === 'client') {
    return (
      'In Keycloak, open the client: it must be confidential, have "Direct access grants" on, and its secret must be the one ' +
      'set here. Correct clientId in the configuration file, or set clientSecret again.'
    );
  }
  if (subject === 'account') {
    return (
      'In Keycloak, open the user: enabled, with first name, last name and e-mail, a password that is not temporary, and no ' +
      'required action. Correct username in the configuration file, or set password again; then try once more, not oftener.'
    );
  }
  if (code === 'SOURCE_SETTING_WRONG') return 'Correct the configuration file and apply it.';
  return errorMeanings[code].next.en;
}

async function reachSignOn({ signIn }: AurigaClient): Promise<Check[]> {
  const { issuer } = await signIn.realm();
  return [{ subject: 'single sign-on', state: 'ok', detail: `It answers; the realm is ${issuer}.` }];
}

async function signIn({ signIn }: AurigaClient): Promise<Check[]> {
  await signIn.token();
  const detail = 'The client may sign in by user name and password, and the account is set up.';
  return [{ subject: 'sign-in', state: 'ok', detail }];
}

/** That the application takes the token is told by its menu. */
async function reachAuriga(client: AurigaClient, entries: MenuEntries): Promise<Check[]> {
  const queries = (await entries.all()).size;
  const detail = `${client.base.host} answers, and shows the account ${queries} queries.`;
  return [{ subject: 'address', state: 'ok', detail }];
}

function favouriteTrial(client: AurigaClient, entries: MenuEntries, named: NamedFavourite, window: Window): Trial {
  const subject = `favourite ${named.queryId} (${named.option})`;
  const attempt = async (): Promise<Check[]> => {
    const entry = await entries.of(named);
    const { chunk, definition } = await fetchDefinition(client, named, entry);
    const { page } = await fetchPage(client, named, entry, definition, 1);
    const title = titleOf(chunk.body);
    const found: Check = { subject, state: 'ok', detail: `${title}runs under menu entry ${entry}.` };
    const zone = named.favourite === 'interventions' ? [zoneLine(definition, window)] : [];
    return [found, columnsLine(page, named), linesLine(page, named), ...zone];
  };
  return { subject, attempt };
}

/** The name people gave the favourite: by it they see whether it is the one they meant. */
function titleOf(body: Uint8Array): string {
  const { queryDefinition } = mustBe(body, titleShape, 'favourite');
  const title = readLabel(queryDefinition.searchResultDefinition?.queryTitle).slice(0, 80);
  return title === '' ? 'It ' : `"${title}" `;
}

const columnsOf: Readonly<Record<FavouriteOption, Readonly<Record<string, WantedColumn>>>> = {
  interventionsDetailFavoriteQueryId: interventionColumns,
  GroupesDetailFavoriteQueryId: groupColumns,
};

function columnsLine({ columns }: Page, { option, favourite }: NamedFavourite): Check {
  const subject = `columns of the ${favourite}`;
  if (columns === undefined) {
    return {
      subject,
      state: 'warning',
      detail: 'Auriga does not name them; they are taken in the order of the set-up page.',
      next: 'Compare the favourite with the set-up page, column by column.',
    };
  }
  const wanted = columnsOf[option];
  const places = placesOf(columns, wanted);
  const needed = missing(places, wanted, 'required');
  const lacking = missing(places, wanted, 'all');
  if (lacking.length === 0) return { subject, state: 'ok', detail: `All ${places.size} are there.` };
  return {
    subject,
    state: needed.length > 0 ? 'failed' : 'warning',
    detail: `Not there: ${lacking.map(quoted).join(', ')}.`,
    next: 'Add them to the favourite in Auriga, with these headers.',
  };
}

/** An empty favourite is possible, and more often a sign that the account may not see what it asks for. */
function linesLine({ lines, totalPages }: Page, { favourite }: NamedFavourite): Check {
  const subject = favourite;
  if (lines.length > 0) {
    const more = totalPages > 1 ? ` on the first of ${totalPages} pages` : '';
    return { subject, state: 'ok', detail: `${lines.length} lines can be read${more}.` };
  }
  const next = 'If there should be some, ask the administrator of Auriga what the favourite and the account may see.';
  return { subject, state: 'warning', detail: 'The favourite gives no line.', next };
}

/** Times without an offset are read in the favourite's zone, else in the school's. */
function zoneLine(definition: Definition, { zone }: Window): Check {
  const subject = 'time zone';
  const theirs = definition.searchResultGlobal?.timezone?.trim() ?? '';
  if (theirs === '') return { subject, state: 'ok', detail: `The favourite names none; times are read as ${zone}.` };
  if (theirs.toLowerCase() === zone.toLowerCase()) return { subject, state: 'ok', detail: `Both sides use ${zone}.` };
  return {
    subject,
    state: 'warning',
    detail: `The favourite writes times of ${theirs.slice(0, 60)}; the connection uses ${zone}.`,
    next: 'Compare the hours of a lesson on both sides; if they differ, correct the time zone of the favourite.',
  };
}

function proxyLine(access: Access): Check {
  const host = readProxy(access.proxy ?? '')?.address.host ?? '';
  return { subject: 'proxy', state: 'ok', detail: `All of this went through ${host}.` };
}
