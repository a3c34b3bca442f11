import { RollcallError } from '../roster/errors.ts';
import type { Database, Transaction } from './database.ts';

/** The right to write at an account: one holder at a time, by the database's clock. */
export interface Lease {
  readonly organisationId: string;
  readonly accountId: string;
  readonly epoch: number;
}

/** Time between the last possible send of a holder and the end of its lease: an answer may still be under way. */
export const leaseMargin = { extraMs: 1_000 };

/** How long a lease runs when it is taken or renewed: three requests' time-outs. */
export function leaseMs(requestTimeoutMs: number): number {
  return 3 * requestTimeoutMs + leaseMargin.extraMs;
}

/**
 * Takes the lease of an account for a run. The same run takes its own lease over at once, in a new epoch; another run
 * waits until it has expired (`ACCOUNT_BUSY` with the time left).
 */
export async function takeLease(
  db: Database,
  owner: { organisationId: string; accountId: string; requestTimeoutMs: number },
  holder: string,
): Promise<Lease> {
  return db.organisation(owner.organisationId, async (tx) => {
    const [taken] = await tx.query<{ epoch: number }>(
      `update account set lease_epoch = lease_epoch + 1, lease_holder = $2,
              lease_expires_at = clock_timestamp() + $3 * interval '1 millisecond'
        where account_id = $1 and (lease_holder = $2 or lease_expires_at < clock_timestamp())
       returning lease_epoch as epoch`,
      [owner.accountId, holder, leaseMs(owner.requestTimeoutMs)],
    );
    if (taken !== undefined) return { ...owner, epoch: taken.epoch };
    const { left } = await tx.one<{ left: number }>(
      `select greatest(0, ceil(extract(epoch from lease_expires_at - clock_timestamp()) * 1000))::int as left
         from account where account_id = $1`,
      [owner.accountId],
    );
    throw new RollcallError('ACCOUNT_BUSY', 'Another run is writing to this target account.', {
      retryAfterMs: left + 100,
    });
  });
}

/**
 * Renews the lease in the caller's transaction and proves that it is still ours: `LEASE_LOST` otherwise. Called when a
 * change turns to *sending*, so that a writer always has a whole request's time-out left.
 */
export async function renewLease(tx: Transaction, lease: Lease, requestTimeoutMs: number): Promise<void> {
  const renewed = await tx.execute(
    `update account set lease_expires_at = clock_timestamp() + $3 * interval '1 millisecond'
      where account_id = $1 and lease_epoch = $2 and lease_expires_at > clock_timestamp()`,
    [lease.accountId, lease.epoch, leaseMs(requestTimeoutMs)],
  );
  if (renewed === 0) {
    throw new RollcallError('LEASE_LOST', 'The lease of the target account ran out while this worker was away.');
  }
}

/** Gives the lease back when the writing is done, so that the next run need not wait. */
export async function releaseLease(db: Database, lease: Lease): Promise<void> {
  await db.organisation(lease.organisationId, (tx) =>
    tx.execute(
      `update account set lease_holder = null, lease_expires_at = '-infinity' where account_id = $1 and lease_epoch = $2`,
      [lease.accountId, lease.epoch],
    ),
  );
}
