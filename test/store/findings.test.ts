import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../roster/finding-codes.ts';
import type { Transaction } from '../../store/database.ts';
import { openFindings, settleFindings } from '../../store/findings.ts';
import type { StepName } from '../../store/steps.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { makeOrganisation } from '../support/organisation.ts';

let database: TestDatabase;
let connection: Awaited<ReturnType<typeof makeOrganisation>>;

const inOrganisation = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
  database.db.organisation(connection.organisationId, work);

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  connection = await makeOrganisation(database.db);
});

const incomplete = (syncKey: string, detail = 'has no e-mail'): Finding => ({
  code: 'PERSON_INCOMPLETE',
  kind: 'person',
  syncKey,
  detail,
});

/** What a new run saw; gives the run's id. */
async function settle(findings: readonly Finding[], step: StepName = 'validate'): Promise<string> {
  const { organisationId, connectionId } = connection;
  const run = { organisationId, connectionId, runId: randomUUID() };
  await inOrganisation((tx) => settleFindings(tx, run, step, findings));
  return run.runId;
}

const open = () => inOrganisation((tx) => openFindings(tx, connection.connectionId));

interface Row {
  readonly id: number;
  readonly version: string;
  readonly key: string;
  readonly detail: string;
  readonly first: string;
  readonly words: string;
  readonly closed: string | null;
}

/** Every finding, closed ones too; `version` changes when PostgreSQL writes the row. */
const rows = () =>
  inOrganisation((tx) =>
    tx.query<Row>(
      `select finding_id as id, xmin::text as version, sync_key as key, detail, first_run as first,
              last_detail_run as words, closed_run as closed from finding order by finding_id`,
    ),
  );

describe('findings of a step', () => {
  it('are opened by the first run that sees them', async () => {
    const run = await settle([incomplete('1'), incomplete('2')]);
    expect(await open()).toMatchObject([
      { code: 'PERSON_INCOMPLETE', kind: 'person', syncKey: '1', detail: 'has no e-mail', step: 'validate' },
      { syncKey: '2' },
    ]);
    expect((await rows()).map(({ first, closed }) => [first, closed])).toEqual([
      [run, null],
      [run, null],
    ]);
  });

  it('that stay are not written again', async () => {
    await settle([incomplete('1')]);
    const before = await rows();
    await settle([incomplete('1')]);
    expect(await rows()).toEqual(before);
  });

  it('that stay with other words have their words brought up to date, and are still the same finding', async () => {
    const first = await settle([incomplete('1', 'has no e-mail')]);
    const second = await settle([incomplete('1', 'has no last name')]);
    expect(await rows()).toMatchObject([{ detail: 'has no last name', first, words: second, closed: null }]);
  });

  it('are closed by the first run that does not see them, and by no later one', async () => {
    await settle([incomplete('1'), incomplete('2')]);
    const second = await settle([incomplete('2')]);
    await settle([]);
    expect((await rows()).map(({ key, closed }) => [key, closed === second])).toEqual([
      ['1', true],
      ['2', false],
    ]);
    expect(await open()).toEqual([]);
  });

  it('that come back are opened anew, and the closed one stays as it was', async () => {
    const first = await settle([incomplete('1')]);
    const second = await settle([]);
    const third = await settle([incomplete('1')]);
    expect(await rows()).toMatchObject([
      { key: '1', first, closed: second },
      { key: '1', first: third, closed: null },
    ]);
  });

  it('are told apart by code, kind and key, and doubled ones count once', async () => {
    const sameKey: Finding = { code: 'LESSON_CANCELLED', kind: 'lesson', syncKey: '1', detail: 'cancelled' };
    await settle([incomplete('1'), sameKey, incomplete('1'), { ...sameKey, kind: 'group' }]);
    expect((await open()).map(({ code, kind }) => `${code} ${kind}`).sort()).toEqual([
      'LESSON_CANCELLED group',
      'LESSON_CANCELLED lesson',
      'PERSON_INCOMPLETE person',
    ]);
  });

  it('belong to their step: another step that sees nothing closes none of them', async () => {
    await settle([incomplete('1')], 'validate');
    await settle([], 'dedupe');
    expect(await open()).toHaveLength(1);
  });

  it('belong to their connection: another one that sees nothing closes none of them', async () => {
    await settle([incomplete('1')]);
    const mine = connection;
    connection = await makeOrganisation(database.db);
    await settle([incomplete('2')]);
    await settle([]);
    connection = mine;
    expect(await open()).toMatchObject([{ syncKey: '1' }]);
  });

  it('keep words as they are, quotes, braces and all', async () => {
    const detail = `It's "quoted", {braced}, \\ escaped, and élève \u{1f600}`;
    await settle([incomplete('a,"b"|{c}', detail)]);
    expect(await open()).toMatchObject([{ syncKey: 'a,"b"|{c}', detail }]);
  });
});
