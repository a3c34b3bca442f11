import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clearStaging, type StagedPerson, stage, stagingIsWhole, writeManifest } from '../../store/staging.ts';
import type { RunRef } from '../../store/steps.ts';
import { asSuperuser, freshDatabase, type TestDatabase } from '../support/database.ts';
import { makeOrganisation } from '../support/organisation.ts';

let database: TestDatabase;
let run: RunRef;

beforeEach(async () => {
  database = await freshDatabase();
  const { organisationId, connectionId } = await makeOrganisation(database.db);
  run = { organisationId, connectionId, runId: randomUUID() };
  await asSuperuser(database.url, (client) =>
    client.query(
      `insert into run (run_id, organisation_id, connection_id, number, kind, trigger, plan_only, as_of, state, workflow_id, started_at)
       values ($1, $2, $3, 1, 'sync', 'person', false, now(), 'working', 'test', now())`,
      [run.runId, organisationId, connectionId],
    ),
  );
});
afterEach(() => database.drop());

const person = (syncKey: string, given: Partial<StagedPerson> = {}): StagedPerson => ({
  syncKey,
  school: '',
  standing: 'valid',
  givenName: 'Given',
  familyName: 'Family',
  email: `${syncKey}@school.example`,
  phone: '',
  username: '',
  line: 1,
  ...given,
});

function load(persons: Iterable<StagedPerson> | AsyncIterable<StagedPerson>): Promise<void> {
  return database.db.loading(run.organisationId, async (tx) => {
    await writeManifest(tx, run, new Map([['person', await stage(tx, run.runId, 'person', persons)]]));
  });
}

const isWhole = () => database.db.loading(run.organisationId, (tx) => stagingIsWhole(tx, run.runId));
const clear = () => database.db.loading(run.organisationId, (tx) => clearStaging(tx, run.runId));

describe('staging', () => {
  it('gives back every text as it was, but for NUL, which PostgreSQL cannot hold', async () => {
    const nasty = fc.constantFrom(
      '\t',
      '\n',
      '\r',
      '\\',
      '\\N',
      '\\.',
      '\0',
      '\u{1f600}',
      'é',
      '\u2028',
      ' ',
      '"',
      "'",
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.array(nasty, { maxLength: 8 }).map((all) => all.join('')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, text), { maxLength: 30 }), async (texts) => {
        const rows = texts.map(([givenName, familyName], line) =>
          person(String(line), { givenName, familyName, line }),
        );
        const back = await database.db.loading(run.organisationId, async (tx) => {
          const { rows: count } = await stage(tx, run.runId, 'person', rows);
          expect(count).toBe(rows.length);
          const found = await tx.query<{ given: string; family: string }>(
            'select given_name as given, family_name as family from load.person where run_id = $1 order by line',
            [run.runId],
          );
          await clearStaging(tx, run.runId);
          return found;
        });
        const asStored = (value: string) => value.replaceAll('\0', '');
        expect(back).toEqual(texts.map(([given, family]) => ({ given: asStored(given), family: asStored(family) })));
      }),
      { numRuns: 60 },
    );
  });

  it('takes rows as they come, more than one block of them', async () => {
    async function* slowly(): AsyncGenerator<StagedPerson> {
      for (let line = 0; line < 5_000; line += 1) yield person(`p${line}`, { line });
    }
    await load(slowly());
    expect(await isWhole()).toBe(true);
  });

  it('is not whole without a manifest, nor once it was emptied', async () => {
    expect(await isWhole()).toBe(false);
    await load([person('ada'), person('bob')]);
    expect(await isWhole()).toBe(true);
    await asSuperuser(database.url, (client) => client.query('truncate load.person'));
    expect(await isWhole()).toBe(false);
  });

  it('takes the same rows again, and refuses others', async () => {
    await load([person('ada'), person('bob')]);
    await clear();
    await load([person('ada'), person('bob')]);
    expect(await isWhole()).toBe(true);
    await clear();
    await expect(load([person('ada')])).rejects.toMatchObject({ code: 'STAGING_DIFFERS' });
    expect(await isWhole()).toBe(false);
  });
});
