import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axios from 'axios';
import { describe, expect, inject, it, type TestContext } from 'vitest';
import { freePort } from '../../local/free-port.ts';
import { startTemporal } from '../../local/temporal-server-process.ts';
import { searchAttributes } from '../../roster/search-attributes.ts';
import type { EdusignState } from '../../simulators/edusign/state.ts';
import { Database } from '../../store/database.ts';
import { migrate } from '../../store/migrate.ts';
import { rollcallCommand } from '../support/command.ts';
import { asSuperuser } from '../support/database.ts';
import { RestorablePostgres } from '../support/restorable-postgres.ts';
import { SchoolDay, until } from '../support/school-day.ts';
import { StepGate } from '../support/step-gate.ts';

// The drill of docs/backup.md, with its commands.

const query = <Row extends object>(day: SchoolDay, sql: string): Promise<Row[]> =>
  asSuperuser(day.database.url, async (client) => (await client.query<Row>(sql)).rows);

const edusign = async (day: SchoolDay) => (await axios.get<EdusignState>(`${day.edusign.controlUrl}/state`)).data;

/** What people see at Edusign, without what a look at it changes. */
async function seen(day: SchoolDay) {
  const { courses, students, professors } = await edusign(day);
  const sheets = courses.map(({ id, apiId, name, start, students: placed }) => ({ id, apiId, name, start, placed }));
  return { sheets, people: [...students, ...professors].map(({ id, apiId }) => ({ id, apiId })) };
}

const writesSince = async (day: SchoolDay, before: number) =>
  (await day.journal('edusign')).slice(before).filter(({ method }) => method !== 'GET');

/** Two lessons at Edusign, of which the database that comes back knows one, under an older name. */
async function restored(test: TestContext): Promise<SchoolDay> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-backup-'));
  const postgres = await RestorablePostgres.start(folder);
  test.onTestFinished(() => postgres.stop());
  await migrate(postgres.url);
  const db = new Database(postgres.url);
  const day = await SchoolDay.open({ database: { url: postgres.url, db, drop: () => db.close() } });
  test.onTestFinished(() => day.close());
  const worker = await day.worker();
  expect(await day.sync()).toMatchObject({ state: 'completed' });
  await postgres.baseBackup();
  const yesterday = await postgres.now();
  const { evenements, personnes } = (await axios.get(`${day.alcuin.controlUrl}/state`)).data as {
    evenements: { debut: string; formateurs: number[] }[];
    personnes: { id: number; idAnnuaire: number }[];
  };
  const inDays = (count: number) => new Date(Date.now() + count * 86_400_000).toISOString().slice(0, 10);
  const [first] = evenements;
  await day.control('alcuin', 'school', { edit: 'rename', event: 5001, name: 'Comptabilité approfondie' });
  await day.control('alcuin', 'school', {
    edit: 'add-person',
    directory: 11,
    nom: 'Tard',
    prenom: 'Zoé',
    email: 'zoe@etu.example',
    id: 1999,
  });
  await day.control('alcuin', 'school', {
    edit: 'add-lesson',
    id: 5999,
    name: 'Nouveau',
    start: `${inDays(4)}T09:00`,
    end: `${inDays(4)}T11:00`,
    instructors: first?.formateurs ?? [],
    learners: [...personnes.filter(({ id }) => id === 1001).map(({ id }) => id), 1999],
  });
  expect(await day.sync()).toMatchObject({ state: 'completed' });
  expect(await day.courses()).toHaveLength(2);
  await worker.kill();
  await postgres.restoreTo(yesterday);
  expect(await query(day, 'select from run')).toHaveLength(1);
  return day;
}

describe('PostgreSQL put back to an earlier moment', () => {
  it('and a sync: nothing at the target is doubled, removed or written anew', async (test) => {
    const day = await restored(test);
    const [before, requests] = [await seen(day), (await day.journal('edusign')).length];
    await day.worker();
    expect(await day.sync()).toMatchObject({ state: 'completed' });
    expect(await seen(day)).toEqual(before);
    expect((await writesSince(day, requests)).filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it('and relink: what the target says is what we wrote last, and syncs go on from there', async (test) => {
    const day = await restored(test);
    const [before, requests] = [await seen(day), (await day.journal('edusign')).length];
    await day.worker();
    const relinked = await rollcallCommand(day.env)('relink', 'timetable', '--reason', 'restored from a backup');
    expect(relinked).toMatchObject({ status: 0, stdout: expect.stringContaining('tied to us again') });
    expect(await day.sync()).toMatchObject({ state: 'completed' });
    expect(await seen(day)).toEqual(before);
    expect(await writesSince(day, requests)).toEqual([]);
    await day.control('alcuin', 'school', { edit: 'cancel', event: 5999 });
    expect(await day.sync()).toMatchObject({ state: 'completed' });
    expect((await day.courses()).map(({ NAME }) => NAME)).toEqual(['Comptabilité approfondie']);
  });
});

describe('Temporal lost with everything in it', () => {
  it('comes back from PostgreSQL: attributes, Schedules, waits; the run at work is lost, and the next one does its work', async (test) => {
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-temporal-lost-'));
    test.onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const options = {
      binary: inject('temporalBinary'),
      port: await freePort(),
      logFile: join(folder, 'temporal.log'),
    };
    const names = Object.values(searchAttributes);
    const first = await startTemporal({ ...options, dbFile: join(folder, 'first.db'), searchAttributes: names });
    const day = await SchoolDay.open({ temporalAddress: first.address, env: { ROLLCALL_SWEEP_MS: '2000' } });
    test.onTestFinished(() => day.close());
    const schedule = { zone: 'Europe/Paris', windows: ['11:00-13:00'] };
    await query(day, `update connection set schedule = '${JSON.stringify(schedule)}'`);
    await query(day, `update connection set limits = '{"lesson": {"delete": {"percent": 0, "floor": 0}}}'`);
    const worker = await day.worker();
    await day.sync();
    await day.control('alcuin', 'school', { edit: 'cancel', event: 5001 });
    await day.sync();
    const rollcall = rollcallCommand(day.env);
    await rollcall('pause', 'timetable', '--from', '2030-07-03', '--until', '2030-08-30', '--reason', 'summer');
    const gate = await StepGate.close(day.database, 'plan');
    const started = await day.startSync();
    await gate.reached();
    await worker.kill();
    await first.stop();
    const second = await startTemporal({ ...options, dbFile: join(folder, 'second.db') });
    test.onTestFinished(() => second.stop());
    await gate.open();

    await day.worker();
    const code = day.connection.organisationCode;
    const isOpen = (id: string) =>
      until(async () => {
        const found = await day.temporal.workflow
          .getHandle(id)
          .describe()
          .catch(() => undefined);
        return found?.status.name === 'RUNNING' || undefined;
      }, 60_000);
    await isOpen(`${code}/timetable/hold/1`);
    await isOpen(`${code}/pause/1`);
    const again = day.temporal.schedule.getHandle(`${day.taskQueue}/${code}/timetable`);
    await until(() => again.describe().catch(() => undefined), 60_000);
    expect(await day.endOf(started)).toMatchObject({ state: 'lost', code: 'RUN_LOST' });
    expect(await rollcall('approve', 'timetable', '--reason', 'end of term')).toMatchObject({ status: 0 });
    await until(async () => (await day.courses()).length === 0 || undefined, 60_000);
  });
});
