import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';

/** Changes come in bursts; one write for a burst keeps it cheap. Milliseconds. */
const writeAfterMs = 25;

/** The state of a large school takes long to write: writing must not fill the time the server has for answering. */
const restPerWrite = 5;

/**
 * The memory of a simulator between two starts: one JSON file, written aside and renamed, so that a kill at any moment
 * leaves the old file or the new one, never half of one. Without a folder nothing is kept.
 */
export class StateFile<T> {
  readonly #path: string | undefined;
  readonly #read: () => T;
  #timer: NodeJS.Timeout | undefined;
  #lastWriteMs = 0;

  /** @param read gives the state to write, at the moment of writing. */
  constructor(folder: string | undefined, name: string, read: () => T) {
    this.#read = read;
    if (folder !== undefined) {
      mkdirSync(folder, { recursive: true });
      this.#path = join(folder, name);
    }
  }

  /** What was kept; undefined on a first start. A file that does not fit is an error, not a first start. */
  load(schema: z.ZodType<T>): T | undefined {
    if (this.#path === undefined) return undefined;
    let content: string;
    try {
      content = readFileSync(this.#path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
    return schema.parse(JSON.parse(content));
  }

  /** Notes that the state changed: it is written soon. */
  touch(): void {
    if (this.#path === undefined || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.flush(), Math.max(writeAfterMs, this.#lastWriteMs * restPerWrite));
  }

  /** Writes at once what is still to be written. */
  flush(): void {
    if (this.#path === undefined || this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const began = performance.now();
    const aside = `${this.#path}.tmp`;
    writeFileSync(aside, JSON.stringify(this.#read()));
    renameSync(aside, this.#path);
    this.#lastWriteMs = performance.now() - began;
  }
}
