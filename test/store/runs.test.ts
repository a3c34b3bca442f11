import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { admitRun, type RunRequest, refuseRun } from '../../store/admission.ts';
import { resetClock, setClock } from '../../store/clock.ts';
import { recordCommand } from '../../store/commands.ts';
import type { Transaction } from '../../store/database.ts';
import { clearFollowUp, endRun, findRun, listRuns, markLost, pendingFollowUp, readRun } from '../../store/runs.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
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

function request(given: Partial<RunRequest> = {}): RunRequest {
  const runId = randomUUID();
  return {
    organisationId: connection.organisationId,
    connectionId: connection.connectionId,
    runId,
    workflowId: `sync/${runId}`,
    kind: 'sync',
    trigger: 'person',
    planOnly: false,
    commandId: null,
    ...given,
  };
}

const admit = (one: RunRequest) => inOrganisation((tx) => admitRun(tx, one));
const end = (one: RunRequest, state: 'completed' | 'failed' = 'completed') =>
  inOrganisation((tx) => endRun(tx, one.runId, { state, code: null, failedStep: null, summary: { held: 0 } }));
const command = () =>
  inOrganisation((tx) =>
    recordCommand(tx, {
      organisationId: connection.organisationId,
      connectionId: connection.connectionId,
      action: 'sync',
      actor: 'somebody',
      role: 'operator',
      reason: 'test',
    }),
  );

describe('the gate', () => {
  it('lets a run of a live connection work, and counts runs from 1', async () => {
    const first = request();
    expect(await admit(first)).toMatchObject({ answer: 'work', number: 1 });
    await end(first);
    expect(await admit(request())).toMatchObject({ answer: 'work', number: 2 });
  });

  it('finds a second run busy and names the one at work', async () => {
    const first = request();
    await admit(first);
    expect(await admit(request())).toEqual({ answer: 'busy', runId: first.runId, workflowId: first.workflowId });
  });

  it('lets exactly one of many runs in that ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => admit(request())));
    expect(answers.map(({ answer }) => answer).sort()).toEqual(['busy', 'busy', 'busy', 'busy', 'busy', 'work']);
  });

  it('gives the same run the same answer again, with the same time', async () => {
    const one = request();
    const first = await admit(one);
    expect(await admit(one)).toEqual(first);
    expect(await Promise.all([admit(one), admit(one)])).toEqual([first, first]);
    expect(await listRuns(database.db, { connectionId: connection.connectionId, limit: 10 })).toHaveLength(1);
  });

  it('lets a connection in trial plan only', async () => {
    connection = await makeOrganisation(database.db, { live: false });
    expect(await admit(request())).toMatchObject({ answer: 'plan-only' });
  });

  it('lets a preview plan only, on a live connection too, and keeps it so when the connection goes live', async () => {
    const preview = request({ planOnly: true });
    expect(await admit(preview)).toMatchObject({ answer: 'plan-only' });
    expect(await admit({ ...preview, planOnly: false })).toMatchObject({ answer: 'plan-only' });
    expect(await inOrganisation((tx) => readRun(tx, preview.runId))).toMatchObject({ planOnly: true, number: 1 });
  });

  it('fixes the business time of the run, which a changed clock does not move', async () => {
    onTestFinished(() => database.db.operator(resetClock));
    await database.db.operator((tx) => setClock(tx, '2031-05-05T06:00:00Z'));
    const one = request();
    const first = await admit(one);
    expect(first).toMatchObject({ asOf: expect.stringMatching(/^2031-05-05T06:00:/) });
    await database.db.operator((tx) => setClock(tx, '2031-06-06T06:00:00Z'));
    expect(await admit(one)).toEqual(first);
  });

  it('uses up the command that asked for the run', async () => {
    const commandId = await command();
    await admit(request({ commandId }));
    const row = await inOrganisation((tx) =>
      tx.one<{ used_at: string | null }>('select used_at from command where command_id = $1', [commandId]),
    );
    expect(row.used_at).not.toBeNull();
  });

  it('keeps the runs of two connections apart', async () => {
    await admit(request());
    connection = await makeOrganisation(database.db);
    expect(await admit(request())).toMatchObject({ answer: 'work', number: 1 });
  });

  it('does not let a run in again that has ended, when its question is repeated', async () => {
    const ended = request();
    await admit(ended);
    await end(ended);
    expect(await admit(ended)).toMatchObject({ answer: 'refused', number: 1 });

    const refused = request({ trigger: 'schedule' });
    const number = await inOrganisation((tx) => refuseRun(tx, refused, 'RUN_AT_WORK'));
    expect(await admit(refused)).toMatchObject({ answer: 'refused', number });
  });
});

describe('a refused run', () => {
  it('leaves a row with the reason', async () => {
    await admit(request());
    const refused = request({ trigger: 'schedule' });
    expect(await inOrganisation((tx) => refuseRun(tx, refused, 'RUN_AT_WORK'))).toBe(2);
    const row = await findRun(database.db, refused);
    expect(row).toMatchObject({ state: 'refused', code: 'RUN_AT_WORK', number: 2, trigger: 'schedule' });
    expect(row?.endedAt).not.toBeNull();
  });

  it('is refused once, however often it is told', async () => {
    await admit(request());
    const refused = request();
    const numbers = [];
    for (let time = 0; time < 3; time += 1) {
      numbers.push(await inOrganisation((tx) => refuseRun(tx, refused, 'RUN_AT_WORK')));
    }
    expect(numbers).toEqual([2, 2, 2]);
  });

  it('of a person is remembered, once, and the first request stays', async () => {
    await admit(request());
    const commandId = await command();
    await inOrganisation((tx) => refuseRun(tx, request({ commandId }), 'RUN_AT_WORK'));
    const followUp = await inOrganisation((tx) => pendingFollowUp(tx, connection.connectionId));
    expect(followUp).toEqual({ nextRunId: expect.stringMatching(/^[0-9a-f-]{36}$/), commandId });
    await inOrganisation((tx) => refuseRun(tx, request({ commandId: null }), 'RUN_AT_WORK'));
    expect(await inOrganisation((tx) => pendingFollowUp(tx, connection.connectionId))).toEqual(followUp);
  });

  it.each([
    ['of a schedule', { trigger: 'schedule' }],
    ['that was a preview', { planOnly: true }],
  ] as const)('%s is not remembered', async (_, given) => {
    await admit(request());
    await inOrganisation((tx) => refuseRun(tx, request(given), 'RUN_AT_WORK'));
    expect(await inOrganisation((tx) => pendingFollowUp(tx, connection.connectionId))).toBeUndefined();
  });

  it('is forgotten only by the run that serves it', async () => {
    await admit(request());
    await inOrganisation((tx) => refuseRun(tx, request(), 'RUN_AT_WORK'));
    const followUp = await inOrganisation((tx) => pendingFollowUp(tx, connection.connectionId));
    await inOrganisation((tx) => clearFollowUp(tx, connection.connectionId, randomUUID()));
    expect(await inOrganisation((tx) => pendingFollowUp(tx, connection.connectionId))).toEqual(followUp);
    await inOrganisation((tx) => clearFollowUp(tx, connection.connectionId, followUp?.nextRunId ?? ''));
    expect(await inOrganisation((tx) => pendingFollowUp(tx, connection.connectionId))).toBeUndefined();
  });
});

describe('the end of a run', () => {
  it('is written once: what comes later changes nothing', async () => {
    const one = request();
    await admit(one);
    await end(one);
    const row = await findRun(database.db, one);
    await end(one, 'failed');
    await inOrganisation((tx) => markLost(tx, one.runId));
    expect(await findRun(database.db, one)).toEqual(row);
    expect(row).toMatchObject({ state: 'completed', summary: { held: 0 } });
  });

  it('makes room for the next one', async () => {
    const one = request();
    await admit(one);
    await end(one, 'failed');
    expect(await admit(request())).toMatchObject({ answer: 'work' });
  });

  it('of a run whose workflow was closed from outside is audited as the Temporal operator’s, once', async () => {
    const one = request();
    await admit(one);
    await inOrganisation((tx) => markLost(tx, one.runId));
    await inOrganisation((tx) => markLost(tx, one.runId));
    expect(await findRun(database.db, one)).toMatchObject({ state: 'lost', code: 'RUN_LOST' });
    const audit = await inOrganisation((tx) =>
      tx.query('select action, actor, role, connection_id as connection, detail from command'),
    );
    expect(audit).toEqual([
      {
        action: 'run-lost',
        actor: 'Temporal operator',
        role: 'temporal-operator',
        connection: connection.connectionId,
        detail: { run: 1 },
      },
    ]);
    expect(await admit(request())).toMatchObject({ answer: 'work', number: 2 });
  });
});

describe('lists of runs', () => {
  it('show the newest first, of one connection or of all, and no more than asked for', async () => {
    const mine = [];
    for (let count = 0; count < 3; count += 1) {
      const one = request();
      await admit(one);
      await end(one);
      mine.unshift(one.runId);
    }
    const { connectionId } = connection;
    connection = await makeOrganisation(database.db);
    const other = request();
    await admit(other);
    const ids = async (filter: { connectionId?: string; limit: number }) =>
      (await listRuns(database.db, filter)).map(({ runId }) => runId);
    expect(await ids({ connectionId, limit: 10 })).toEqual(mine);
    expect(await ids({ connectionId, limit: 2 })).toEqual(mine.slice(0, 2));
    expect(await ids({ limit: 2 })).toEqual([other.runId, mine[0]]);
  });

  it('know nothing of a run that is not there', async () => {
    expect(await findRun(database.db, { runId: randomUUID() })).toBeUndefined();
  });
});
