import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { admitRun } from '../../store/admission.ts';
import { recordCommand } from '../../store/commands.ts';
import { applyConfiguration } from '../../store/configuration.ts';
import type { Transaction } from '../../store/database.ts';
import { endRun } from '../../store/runs.ts';
import { shownPlan } from '../../store/trial.ts';
import { asSuperuser, freshDatabase, type TestDatabase } from '../support/database.ts';
import { makeOrganisation } from '../support/organisation.ts';

let database: TestDatabase;
let connection: Awaited<ReturnType<typeof makeOrganisation>>;

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  connection = await makeOrganisation(database.db);
});

const inOrganisation = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
  database.db.organisation(connection.organisationId, work);
const shown = () => inOrganisation((tx) => shownPlan(tx, connection.connectionId));

/** A preview that ended with a stored plan, asked for with this detail. */
async function preview(detail: Record<string, unknown> = {}): Promise<string> {
  const { organisationId, connectionId } = connection;
  const runId = randomUUID();
  await inOrganisation(async (tx) => {
    const by = { organisationId, connectionId, actor: 'Ada', role: 'operator' as const, reason: 'test' };
    const commandId = await recordCommand(tx, { ...by, action: 'preview', detail });
    const workflowId = `sync/${runId}`;
    const asked = { organisationId, connectionId, runId, workflowId, commandId };
    await admitRun(tx, { ...asked, kind: 'sync', trigger: 'person', planOnly: true });
  });
  await asSuperuser(database.url, (client) =>
    client.query(
      `insert into plan (run_id, organisation_id, cells, source_size, digest) values ($1, $2, '[]', '{}', 'digest')`,
      [runId, organisationId],
    ),
  );
  await inOrganisation((tx) => endRun(tx, runId, { state: 'completed', code: null, failedStep: null, summary: {} }));
  return runId;
}

describe('the plan that go-live is decided on', () => {
  it('is the newest complete preview', async () => {
    expect(await shown()).toBeUndefined();
    await preview();
    const second = await preview();
    expect(await shown()).toMatchObject({ runId: second, number: 2 });
  });

  it('is none that previewed options which were not applied', async () => {
    await preview({ sourceOptions: { groups: true }, targetOptions: {} });
    expect(await shown()).toBeUndefined();
    const looked = await preview();
    await preview({ sourceOptions: {}, targetOptions: { mails: true } });
    expect(await shown()).toMatchObject({ runId: looked });
  });

  it('is none of one record only', async () => {
    await preview({ onlyKey: 'e1@2026-12-01' });
    expect(await shown()).toBeUndefined();
  });

  it('is none from before the configuration was changed', async () => {
    await preview();
    const { organisationId, configuration } = connection;
    const connections = configuration.connections.map((one) => ({ ...one, targetOptions: { changed: true } }));
    await inOrganisation((tx) => applyConfiguration(tx, organisationId, { ...configuration, connections }));
    expect(await shown()).toBeUndefined();
  });

  it('is none that is more than seven days old', async () => {
    const runId = await preview();
    await asSuperuser(database.url, async (client) => {
      await client.query(`update connection set changed_at = now() - interval '30 days'`);
      await client.query(`update account set changed_at = now() - interval '30 days'`);
      await client.query(`update run set started_at = now() - interval '6 days' where run_id = $1`, [runId]);
    });
    expect(await shown()).toMatchObject({ runId });
    await asSuperuser(database.url, (client) =>
      client.query(`update run set started_at = now() - interval '8 days' where run_id = $1`, [runId]),
    );
    expect(await shown()).toBeUndefined();
  });
});
