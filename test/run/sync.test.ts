import proto from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listRuns, type RunRow } from '../../store/runs.ts';
import { recordHistory } from '../support/record-history.ts';
import { SchoolDay, until, type WorkerProcess } from '../support/school-day.ts';
import { StepGate } from '../support/step-gate.ts';

let day: SchoolDay;
let worker: WorkerProcess;
const runs: Record<string, RunRow> = {};

beforeAll(async () => {
  day = await SchoolDay.open();
  worker = await day.worker();
});
afterAll(async () => {
  for (const [what, run] of Object.entries(runs)) await recordHistory(day.temporal, run.workflowId, what);
  await day.close();
});

/** Requests that write at Edusign. */
async function writes(): Promise<string[]> {
  const journal = await day.journal('edusign');
  return journal.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);
}

const learner = {
  telephone: '+33 6 12 34 56 78',
  nom: 'Lefèvre',
  prenom: 'Zoé',
  email: 'zoe.lefevre@etu.ecole-lumiere.example',
};

describe('one lesson with one learner, on real servers', () => {
  it('writes nothing while somebody only looks', async () => {
    await day.control('alcuin', 'school', { edit: 'change-person', person: 1001, telephone: learner.telephone });
    runs['preview'] = await day.sync({ preview: true });
    expect(runs['preview']).toMatchObject({ state: 'completed', planOnly: true });
    expect(await writes()).toEqual([]);
  });

  it('creates the instructor, the learner and the lesson', async () => {
    runs['first'] = await day.sync();
    expect(runs['first']).toMatchObject({ state: 'completed', code: null });
    const [course, ...more] = await day.courses();
    expect(more).toEqual([]);
    expect(course).toMatchObject({ NAME: 'Comptabilité générale', API_ID: expect.stringMatching(/^timetable:5001@/) });
    expect(course?.STUDENTS).toHaveLength(1);
    expect((await writes()).sort()).toEqual(['POST /v1/course', 'POST /v1/professor', 'POST /v1/student']);
  });

  it('writes nothing when nothing changed', async () => {
    const before = await writes();
    runs['unchanged'] = await day.sync();
    expect(await writes()).toEqual(before);
  });

  it('sends a change as one write', async () => {
    const before = await writes();
    await day.control('alcuin', 'school', { edit: 'rename', event: 5001, name: 'Comptabilité analytique' });
    await day.sync();
    expect((await writes()).slice(before.length)).toEqual(['PATCH /v1/course']);
    expect((await day.courses()).map((course) => course.NAME)).toEqual(['Comptabilité analytique']);
  });

  it('returns attendance once it is settled, and only once', async () => {
    await day.finishLesson();
    runs['attendance'] = await day.sync();
    await day.sync();
    const puts = (await day.journal('alcuin')).filter(({ method }) => method === 'PUT');
    expect(puts).toHaveLength(1);
    expect(puts[0]?.body).toMatchObject({
      presences: [{ idApprenant: expect.anything(), statut: 'RETARD', heureArrivee: expect.any(String) }],
    });
  });

  it('removes a lesson that the source cancelled', async () => {
    const start = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10);
    const event = { edit: 'add-lesson', id: 5002, name: 'Droit', instructors: [2001], learners: [1001] };
    await day.control('alcuin', 'school', { ...event, start: `${start}T09:00`, end: `${start}T10:00` });
    await day.sync();
    expect((await day.courses()).map((course) => course.NAME)).toContain('Droit');
    await day.control('alcuin', 'school', { edit: 'cancel', event: 5002 });
    runs['gone'] = await day.sync();
    expect((await day.courses()).map((course) => course.NAME)).toEqual(['Comptabilité analytique']);
  });

  it('fails with a code on a refused password after one attempt, and tries nothing else with it', async () => {
    await day.control('alcuin', 'secret', { secret: 'another' });
    const before = (await day.journal('alcuin')).length;
    const sheets = (await day.journal('edusign')).length;
    runs['shut-out'] = await day.sync();
    expect(runs['shut-out']).toMatchObject({ state: 'failed', code: 'SOURCE_AUTH_REFUSED', failedStep: 'fetch' });
    expect((await day.journal('alcuin')).length - before).toBe(1);
    expect((await day.journal('edusign')).length).toBe(sheets);
    await day.control('alcuin', 'secret', { secret: 'pw' });
  });

  it('brings attendance up although the way down failed', async () => {
    const forbid = { match: { method: 'GET', path: '/api/evenements' }, fault: 'status', status: 403, count: 1 };
    await day.control('alcuin', 'faults', forbid);
    const sheets = (await day.journal('edusign')).length;
    runs['failed'] = await day.sync();
    expect(runs['failed']).toMatchObject({ state: 'failed', code: 'SOURCE_FORBIDDEN', failedStep: 'fetch' });
    const reads = (await day.journal('edusign')).slice(sheets).map(({ method, path }) => `${method} ${path}`);
    expect(reads).toEqual([expect.stringMatching(/^GET \/v1\/course\//)]);
  });

  it('names the step when only the way up fails', async () => {
    const refuse = { match: { method: 'GET', path: '/v1/course/' }, fault: 'status', status: 401, count: 1 };
    await day.control('edusign', 'faults', refuse);
    const run = await day.sync();
    expect(run).toMatchObject({ state: 'failed', code: 'TARGET_AUTH_REFUSED', failedStep: 'read-attendance' });
    expect(run.summary).toMatchObject({ attendanceCode: 'TARGET_AUTH_REFUSED' });
  });
});

describe('a second request during a run', () => {
  it('is refused, remembered, and followed by a run of its own', async () => {
    const gate = await StepGate.close(day.database, 'fetch');
    const first = await day.startSync();
    await gate.reached();
    runs['refused'] = await day.sync();
    expect(runs['refused']).toMatchObject({ state: 'refused', code: 'RUN_AT_WORK' });
    await gate.open();
    expect(await day.endOf(first)).toMatchObject({ state: 'completed' });
    const followUp = await until(async () => {
      const [newest] = await listRuns(day.database.db, { connectionId: day.connection.connectionId, limit: 1 });
      return newest?.trigger === 'follow-up' && newest.state === 'completed' ? newest : undefined;
    });
    expect(followUp.number).toBe((runs['refused']?.number ?? 0) + 1);
  });
});

describe('buttons in the Temporal UI', () => {
  it('cancel ends the run as cancelled by the Temporal operator', async () => {
    const gate = await StepGate.close(day.database, 'validate');
    const started = await day.startSync();
    await gate.reached();
    await day.temporal.workflow.getHandle(started.workflowId).cancel();
    await gate.open();
    runs['cancelled'] = await day.endOf(started);
    expect(runs['cancelled']).toMatchObject({ state: 'cancelled', code: 'RUN_CANCELLED' });
    expect(await auditOf('run-cancelled')).toEqual(['temporal-operator']);
  });

  it('terminate loses the run, which never blocks the next one', async () => {
    const gate = await StepGate.close(day.database, 'validate');
    const started = await day.startSync();
    await gate.reached();
    await day.temporal.workflow.getHandle(started.workflowId).terminate('test');
    await gate.open();
    expect(await day.sync()).toMatchObject({ state: 'completed' });
    expect(await day.endOf(started)).toMatchObject({ state: 'lost', code: 'RUN_LOST' });
    expect(await auditOf('run-lost')).toEqual(['temporal-operator']);
  });

  function auditOf(action: string): Promise<string[]> {
    return day.database.db.organisation(day.connection.organisationId, async (tx) => {
      const rows = await tx.query<{ role: string }>('select role from command where action = $1', [action]);
      return rows.map((row) => row.role);
    });
  }
});

describe('what Temporal and the logs know of people', () => {
  it('is nothing: no name, e-mail or phone number in any raw history or log line', async () => {
    const started = await day.startSync();
    await day.endOf(started);
    const secrets = [...Object.values(learner), 'Garnier', 'Hélène', 'helene.garnier', 'Comptabilité'];
    const workflowIds = Object.values(runs).map((run) => run.workflowId);
    for (const workflowId of [...workflowIds, `${started.workflowId}/attendance`]) {
      const history = await day.temporal.workflow.getHandle(workflowId).fetchHistory();
      const raw = Buffer.from(proto.temporal.api.history.v1.History.encode(history).finish());
      expect(raw.length).toBeGreaterThan(1_000);
      expect(secrets.filter((secret) => raw.includes(secret))).toEqual([]);
      expect(raw.includes('rollcall-sealed')).toBe(true);
    }
    const log = worker.lines.join('\n');
    expect(log.split('\n').length).toBeGreaterThan(20);
    expect(secrets.filter((secret) => log.includes(secret))).toEqual([]);
  });

  it.each([
    ['SOURCE_FORBIDDEN', 'failed'],
    ['RUN_AT_WORK', 'refused'],
    ['RUN_CANCELLED', 'cancelled'],
  ])('is findable: the search attributes of a run hold organisation, state and the code %s', async (code, state) => {
    const query = `RollcallOrganisation = '${day.connection.organisationCode}' and RollcallCode = '${code}' and RollcallState = '${state}'`;
    const found = await until(async () => {
      const list = [];
      for await (const workflow of day.temporal.workflow.list({ query })) list.push(workflow.workflowId);
      return list.length > 0 ? list : undefined;
    });
    expect(found).toEqual([runs[state]?.workflowId]);
  });
});
