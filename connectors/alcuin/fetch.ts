import type { Access, RawChunk } from '../../roster/contracts.ts';
import type { Window } from '../../roster/window.ts';
import type { HttpClient } from '../http.ts';
import { baseOf } from '../system.ts';
import { answerInvalid, asSourceError, drifted, statusError } from './errors.ts';
import { accountSettings } from './options.ts';
import { type EventPage, readPage } from './page.ts';
import { authorise, eventsUrl, rateClass } from './wire.ts';

/** A server that never comes to an end must not fill our store. */
const maxPages = 5_000;

/**
 * The raw pages of the window's events. A page is given out only once it is known to be one; a read that did not add up
 * to the number the source named ends in an error, so that no short list is ever taken for the whole.
 */
export async function* fetchEvents(access: Access, http: HttpClient, window: Window): AsyncGenerator<RawChunk> {
  const count = new Count();
  for (let number = 1; number <= maxPages; number += 1) {
    const chunk = await fetchPage(access, http, window, number);
    count.add(readPage(chunk));
    yield chunk;
    if (count.isComplete()) return;
  }
  throw answerInvalid('Alcuin lists more events than can be real.', { pages: maxPages });
}

async function fetchPage(access: Access, http: HttpClient, window: Window, number: number): Promise<RawChunk> {
  const { url } = accountSettings.parse(access.settings);
  const base = baseOf(url);
  const headers = { ...authorise(access.secrets['password'] ?? ''), Accept: 'application/json' };
  try {
    const answer = await http.send({ method: 'GET', url: eventsUrl(base, window, number), headers, rateClass });
    if (answer.status !== 200) throw statusError(answer, base.host);
    return { part: `evenements?numeroPage=${number}`, mediaType: answer.mediaType, body: answer.body };
  } catch (error) {
    throw asSourceError(error);
  }
}

/** Watches whether the pages belong to one unchanged list. */
class Count {
  #total: number | undefined;
  #seen = 0;
  readonly #pageOf = new Map<string, string>();

  add(page: EventPage): void {
    this.#total ??= page.total;
    if (page.total !== this.#total) throw drifted('The number of events in Alcuin changed between two pages.');
    this.#seen += page.content.length;
    const short = page.content.length === 0 && this.#seen < this.#total;
    if (short || this.#seen > this.#total) {
      throw drifted('Alcuin gave another number of events than it named.', { named: this.#total, given: this.#seen });
    }
    this.#refuseDoubles(page);
  }

  isComplete(): boolean {
    return this.#seen === this.#total;
  }

  /** An event that is on two pages has pushed another one off both. On one page it is the source's own doubling. */
  #refuseDoubles(page: EventPage): void {
    for (const event of page.content) {
      if (event['id'] === undefined) continue;
      const name = JSON.stringify([event['id'], event['debut']]);
      const part = this.#pageOf.get(name) ?? page.part;
      if (part !== page.part)
        throw drifted('An event of Alcuin stands on two pages.', { first: part, second: page.part });
      this.#pageOf.set(name, part);
    }
  }
}
