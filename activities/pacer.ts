import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../store/database.ts';
import { takePlaces } from '../store/rates.ts';

/**
 * Lets requests to one account out at its rate. Requests that wait at the same time share one look at the account's
 * bucket, which hands out a second's worth at most.
 */
export class Pacer {
  readonly #db: Database;
  readonly #account: { organisationId: string; accountId: string };
  readonly #queues = new Map<string, { resolve: () => void; reject: (error: unknown) => void }[]>();

  constructor(db: Database, account: { organisationId: string; accountId: string }) {
    this.#db = db;
    this.#account = account;
  }

  /** Resolves when one request of this rate class may go out. */
  place(rateClass: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const queue = this.#queues.get(rateClass);
      if (queue !== undefined) {
        queue.push({ resolve, reject });
        return;
      }
      this.#queues.set(rateClass, [{ resolve, reject }]);
      void this.#serve(rateClass);
    });
  }

  async #serve(rateClass: string): Promise<void> {
    const queue = this.#queues.get(rateClass) ?? [];
    try {
      while (queue.length > 0) {
        const grant = await takePlaces(this.#db, this.#account, rateClass, queue.length);
        if (grant.waitMs > 0) await delay(grant.waitMs);
        for (const { resolve } of queue.splice(0, grant.places)) resolve();
      }
    } catch (error) {
      for (const { reject } of queue.splice(0)) reject(error);
    } finally {
      this.#queues.delete(rateClass);
    }
  }
}
