import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RollcallError } from '../../roster/errors.ts';
import { findAccount } from '../../store/configuration.ts';
import { type Lease, leaseMs, releaseLease, renewLease, takeLease } from '../../store/leases.ts';
import { asSuperuser, freshDatabase, type TestDatabase } from '../support/database.ts';
import { makeOrganisation } from '../support/organisation.ts';

const requestTimeoutMs = 20_000;

let database: TestDatabase;
let owner: { organisationId: string; accountId: string; requestTimeoutMs: number };

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  const { organisationId } = await makeOrganisation(database.db, { requestTimeoutMs });
  const account = await database.db.organisation(organisationId, (tx) => findAccount(tx, 'edusign'));
  owner = { organisationId, accountId: account?.accountId ?? '', requestTimeoutMs };
});

const take = (holder: string) => takeLease(database.db, owner, holder);
const renew = (lease: Lease) =>
  database.db.organisation(owner.organisationId, (tx) => renewLease(tx, lease, requestTimeoutMs));

/** Milliseconds the lease still runs, by the database's clock. */
const left = () =>
  asSuperuser(database.url, async (client) => {
    const { rows } = await client.query<{ left: string }>(
      'select extract(epoch from lease_expires_at - clock_timestamp()) * 1000 as left from account where account_id = $1',
      [owner.accountId],
    );
    return Number(rows[0]?.left);
  });

/** As if the time had passed: the database's clock itself cannot be set. */
const expire = () =>
  asSuperuser(database.url, (client) =>
    client.query(
      `update account set lease_expires_at = clock_timestamp() - interval '1 millisecond' where account_id = $1`,
      [owner.accountId],
    ),
  );

describe('the lease of an account', () => {
  it('runs for three time-outs of a request and a margin', async () => {
    await take('run a');
    const ms = await left();
    expect(ms).toBeGreaterThan(leaseMs(requestTimeoutMs) - 5_000);
    expect(ms).toBeLessThanOrEqual(leaseMs(requestTimeoutMs));
    expect(leaseMs(requestTimeoutMs)).toBeGreaterThan(3 * requestTimeoutMs);
  });

  it('has one holder: another run is told how long to wait', async () => {
    await take('run a');
    const refused = await take('run b').then(
      () => undefined,
      (error: RollcallError) => error,
    );
    expect(refused?.code).toBe('ACCOUNT_BUSY');
    expect(refused?.retryAfterMs).toBeGreaterThan(leaseMs(requestTimeoutMs) - 5_000);
    expect(refused?.retryAfterMs).toBeLessThanOrEqual(leaseMs(requestTimeoutMs) + 101);
  });

  it('goes to exactly one of many runs that ask at once', async () => {
    const answers = await Promise.allSettled(['a', 'b', 'c', 'd', 'e', 'f'].map((run) => take(run)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'ACCOUNT_BUSY' });
    }
  });

  it('is taken over at once by its own run, and the epoch before can renew nothing any more', async () => {
    const first = await take('run a');
    const second = await take('run a');
    expect(second.epoch).toBe(first.epoch + 1);
    await expect(renew(first)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await expect(renew(second)).resolves.toBeUndefined();
  });

  it('runs anew when it is renewed', async () => {
    const lease = await take('run a');
    await asSuperuser(database.url, (client) =>
      client.query(
        `update account set lease_expires_at = clock_timestamp() + interval '10 seconds' where account_id = $1`,
        [owner.accountId],
      ),
    );
    await renew(lease);
    expect(await left()).toBeGreaterThan(leaseMs(requestTimeoutMs) - 5_000);
  });

  it('that has run out is lost, even while nobody else has taken it', async () => {
    const lease = await take('run a');
    await expire();
    await expect(renew(lease)).rejects.toMatchObject({ code: 'LEASE_LOST' });
  });

  it('that has run out goes to the next, and never back to the one before', async () => {
    const before = await take('run a');
    await expire();
    const after = await take('run b');
    expect(after.epoch).toBeGreaterThan(before.epoch);
    await expect(renew(before)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await expect(take('run a')).rejects.toMatchObject({ code: 'ACCOUNT_BUSY' });
    await expect(renew(after)).resolves.toBeUndefined();
  });

  it('that was given back is free at once, and is no longer its holder’s', async () => {
    const lease = await take('run a');
    await releaseLease(database.db, lease);
    await expect(renew(lease)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await expect(take('run b')).resolves.toMatchObject({ epoch: lease.epoch + 1 });
  });

  it('is not given back by one who has lost it', async () => {
    const before = await take('run a');
    const after = await take('run a');
    await releaseLease(database.db, before);
    await expect(renew(after)).resolves.toBeUndefined();
    await expect(take('run b')).rejects.toMatchObject({ code: 'ACCOUNT_BUSY' });
  });

  it('of one account leaves the other accounts free', async () => {
    await take('run a');
    const source = await database.db.organisation(owner.organisationId, (tx) => findAccount(tx, 'alcuin'));
    const other = { ...owner, accountId: source?.accountId ?? '' };
    await expect(takeLease(database.db, other, 'run b')).resolves.toMatchObject({ epoch: 1 });
  });

  it('is not renewed by a transaction that fails afterwards', async () => {
    const lease = await take('run a');
    await asSuperuser(database.url, (client) =>
      client.query(
        `update account set lease_expires_at = clock_timestamp() + interval '10 seconds' where account_id = $1`,
        [owner.accountId],
      ),
    );
    const failed = database.db.organisation(owner.organisationId, async (tx) => {
      await renewLease(tx, lease, requestTimeoutMs);
      throw new Error('not committed');
    });
    await expect(failed).rejects.toThrow('not committed');
    expect(await left()).toBeLessThanOrEqual(10_000);
  });
});
