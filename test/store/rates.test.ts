import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findAccount } from '../../store/configuration.ts';
import { takePlaces } from '../../store/rates.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { makeOrganisation } from '../support/organisation.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

async function accountWith(perMinute: number): Promise<{ organisationId: string; accountId: string }> {
  const { organisationId } = await makeOrganisation(database.db, { rates: { normal: perMinute } });
  const account = await database.db.organisation(organisationId, (tx) => findAccount(tx, 'edusign'));
  return { organisationId, accountId: account?.accountId ?? '' };
}

/** A grant with the stretch of time in which its first request may go out: the database's clock is not ours. */
interface Placed {
  readonly places: number;
  readonly waitMs: number;
  readonly earliestMs: number;
  readonly latestMs: number;
}

async function take(account: Awaited<ReturnType<typeof accountWith>>, wanted: number): Promise<Placed> {
  const askedMs = performance.now();
  const { places, waitMs } = await takePlaces(database.db, account, 'normal', wanted);
  return { places, waitMs, earliestMs: askedMs + waitMs - 1, latestMs: performance.now() + waitMs };
}

/** Fails when the requests of the grants, sent at once when they may go, could exceed the rate. */
function expectPaced(grants: readonly Placed[], perMinute: number): void {
  const inOrder = grants.toSorted((a, b) => a.latestMs - b.latestMs);
  const [first] = inOrder;
  if (first === undefined) throw new Error('Nothing was granted.');
  let placesBefore = 0;
  for (const grant of inOrder) {
    expect(grant.latestMs - first.earliestMs).toBeGreaterThanOrEqual((placesBefore * 60_000) / perMinute - 1);
    placesBefore += grant.places;
  }
}

describe('the rate of an account', () => {
  it('gives the first place at once', async () => {
    expect(await takePlaces(database.db, await accountWith(60), 'normal', 1)).toEqual({ places: 1, waitMs: 0 });
  });

  it('gives at most a second’s worth at a time, and at least one place', async () => {
    expect(await take(await accountWith(600), 1_000)).toMatchObject({ places: 10 });
    expect(await take(await accountWith(600), 3)).toMatchObject({ places: 3 });
    expect(await take(await accountWith(90), 1_000)).toMatchObject({ places: 1 });
    expect(await take(await accountWith(1), 1_000)).toMatchObject({ places: 1 });
  });

  it('lets the next wait until the places before it are used up', async () => {
    const account = await accountWith(60);
    await take(account, 1);
    const second = await take(account, 1);
    const third = await take(account, 1);
    expect(second.waitMs).toBeGreaterThan(0);
    expect(second.waitMs).toBeLessThanOrEqual(1_050);
    expect(third.waitMs).toBeGreaterThan(second.waitMs);
    expect(third.waitMs).toBeLessThanOrEqual(2_100);
  });

  it.each([
    [60, 1],
    [90, 5],
    [600, 4],
    [6_000, 1_000],
  ])('of %i a minute is never exceeded when %i places are wanted again and again', async (perMinute, wanted) => {
    const account = await accountWith(perMinute);
    const grants: Placed[] = [];
    for (let count = 0; count < 25; count += 1) grants.push(await take(account, wanted));
    expectPaced(grants, perMinute);
  });

  it.each([
    [24, 1],
    [480, 8],
  ])(
    'of %i a minute is not exceeded in any minute either, when requests are a second late or early',
    async (perMinute, wanted) => {
      const account = await accountWith(perMinute);
      const begunMs = performance.now();
      const goesMs: number[] = [];
      while ((goesMs.at(-1) ?? 0) < 130_000) {
        const { places, waitMs } = await takePlaces(database.db, account, 'normal', wanted);
        goesMs.push(...Array.from({ length: places }, () => performance.now() - begunMs + waitMs));
      }
      for (const endsMs of goesMs) {
        const inMinute = goesMs.filter((ms) => ms <= endsMs && ms > endsMs - 61_000).length;
        expect(inMinute).toBeLessThanOrEqual(perMinute);
      }
    },
  );

  it('is shared by all who take from it at once', async () => {
    const account = await accountWith(600);
    const takers = Array.from({ length: 5 }, async () => {
      const grants: Placed[] = [];
      for (let count = 0; count < 8; count += 1) grants.push(await take(account, 3));
      return grants;
    });
    const grants = (await Promise.all(takers)).flat();
    expect(grants).toHaveLength(40);
    expectPaced(grants, 600);
  });

  it('does not save up what was not used', async () => {
    const account = await accountWith(600);
    await database.db.organisation(account.organisationId, (tx) =>
      tx.execute(`update account_rate set next_at = clock_timestamp() - interval '1 hour'`),
    );
    expect(await take(account, 10)).toMatchObject({ places: 10, waitMs: 0 });
    expect((await take(account, 10)).waitMs).toBeGreaterThan(0);
  });

  it('does not limit a class that it does not name', async () => {
    const account = await accountWith(1);
    for (let count = 0; count < 3; count += 1) {
      expect(await takePlaces(database.db, account, 'other', 500)).toEqual({ places: 500, waitMs: 0 });
    }
  });

  it('belongs to one account: another one of the same class does not wait', async () => {
    const [one, another] = [await accountWith(60), await accountWith(60)];
    await take(one, 1);
    expect(await take(another, 1)).toMatchObject({ waitMs: 0 });
  });
});
