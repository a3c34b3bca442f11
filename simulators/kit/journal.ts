/** One request as the simulator saw it. The authorization header is never kept. */
export interface JournalEntry {
  /** Counts from 1 since the simulator started; clearing the journal does not reset it. */
  readonly n: number;
  /** Real time of arrival, UTC. */
  readonly time: string;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Whether it came through the forward proxy of these simulators. */
  readonly throughProxy: boolean;
  /** Status that was sent or would have been; null while the request is open or when no status was ever written. */
  status: number | null;
  /** Name of the fault that fired, if any. */
  fault: string | null;
  /** Milliseconds the rate rule held the request back. */
  slowedMs: number;
  /** Whether the route ran: the effect, if the route has one, took place. */
  handled: boolean;
  /** Real time of the effect, UTC. */
  handledAt: string | null;
  /** What became of the connection. `client-gone`: nobody was there any more to read the answer. */
  ended: 'open' | 'answered' | 'cut' | 'client-gone';
}

/** Which entries to show: a method, the start of a path, entries after a number. */
export interface JournalFilter {
  readonly method?: string | undefined;
  readonly path?: string | undefined;
  readonly after?: number | undefined;
}

/** A demo may run for days; beyond this the oldest entries go. */
const mostEntries = 50_000;

export class Journal {
  #entries: JournalEntry[] = [];
  #n = 0;

  open(request: Pick<JournalEntry, 'method' | 'path' | 'query' | 'body' | 'throughProxy'>): JournalEntry {
    this.#n += 1;
    const entry: JournalEntry = {
      n: this.#n,
      time: new Date().toISOString(),
      method: request.method,
      path: request.path,
      query: request.query,
      body: request.body,
      throughProxy: request.throughProxy,
      status: null,
      fault: null,
      slowedMs: 0,
      handled: false,
      handledAt: null,
      ended: 'open',
    };
    this.#entries.push(entry);
    if (this.#entries.length > mostEntries) this.#entries = this.#entries.slice(-mostEntries / 2);
    return entry;
  }

  list(filter: JournalFilter = {}): readonly JournalEntry[] {
    return this.#entries.filter(
      (entry) =>
        (filter.method === undefined || entry.method === filter.method.toUpperCase()) &&
        (filter.path === undefined || entry.path.startsWith(filter.path)) &&
        (filter.after === undefined || entry.n > filter.after),
    );
  }

  clear(): void {
    this.#entries = [];
  }
}
