import type { Database } from './database.ts';

/** Places in the rate of an account: how many requests may go out now, and how long to wait before the first of them. */
export interface Grant {
  readonly places: number;
  readonly waitMs: number;
}

/**
 * The part of a rate that is used. Whoever counts the requests of the last minute sees them as they arrive: at the full
 * rate one that was late and one that is early make a request too many, and half of all were slowed. So two requests a
 * minute apart may differ by almost two seconds in how long they were under way, a burst of one grant included.
 */
const usedShare = 0.97;

/**
 * Takes up to `wanted` places in the paced bucket of an account's rate class, at most one second's worth at a time.
 * The bucket is a row and its clock the database's: all workers share it. A class without a row is not limited.
 */
export async function takePlaces(
  db: Database,
  account: { organisationId: string; accountId: string },
  rateClass: string,
  wanted: number,
): Promise<Grant> {
  const [grant] = await db.organisation(account.organisationId, (tx) =>
    tx.query<{ places: number; wait_ms: number }>(
      `with bucket as (
         select least($3, greatest(1, per_minute / 60)) as places, per_minute,
                greatest(next_at, clock_timestamp()) as first
           from account_rate where account_id = $1 and rate_class = $2 for no key update
       )
       update account_rate r set next_at = b.first + b.places * (interval '1 minute' / (b.per_minute * $4::float8))
         from bucket b where r.account_id = $1 and r.rate_class = $2
       returning b.places, greatest(0, ceil(extract(epoch from b.first - clock_timestamp()) * 1000))::int as wait_ms`,
      [account.accountId, rateClass, wanted, usedShare],
    ),
  );
  return grant === undefined ? { places: wanted, waitMs: 0 } : { places: grant.places, waitMs: grant.wait_ms };
}
