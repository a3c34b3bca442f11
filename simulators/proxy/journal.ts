/** One thing that a client asked the proxy for. Contents and passwords are never kept; inside a tunnel none can be seen. */
export interface Passage {
  /** Counts from 1 since the proxy started; clearing the journal does not reset it. */
  readonly n: number;
  /** Real time, UTC. */
  readonly time: string;
  /** CONNECT is a tunnel; anything else was sent with the whole address in its first line. */
  readonly method: string;
  /** `host:port`. */
  readonly target: string;
  /** Path of a plain request; null for a tunnel. */
  readonly path: string | null;
  /** Name the client gave, right or wrong. */
  readonly user: string | null;
  /** What the proxy, or the server behind it, answered; null while open or when nothing was answered. */
  status: number | null;
  /** What became of it. `unreachable`: nothing listens at the target. */
  ended: 'open' | 'passed' | 'refused' | 'unauthorised' | 'unreachable';
}

/** A demo may run for days; beyond this the oldest entries go. */
const mostPassages = 10_000;

export class Passages {
  #list: Passage[] = [];
  #n = 0;

  open(asked: Pick<Passage, 'method' | 'target' | 'path' | 'user'>): Passage {
    this.#n += 1;
    const passage: Passage = { n: this.#n, time: new Date().toISOString(), ...asked, status: null, ended: 'open' };
    this.#list.push(passage);
    if (this.#list.length > mostPassages) this.#list = this.#list.slice(-mostPassages / 2);
    return passage;
  }

  list(): readonly Passage[] {
    return this.#list;
  }

  clear(): void {
    this.#list = [];
  }
}
