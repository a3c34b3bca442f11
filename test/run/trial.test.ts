import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axios from 'axios';
import { describe, expect, it, type TestContext } from 'vitest';
import { rollcallCommand } from '../support/command.ts';
import { asSuperuser } from '../support/database.ts';
import { SchoolDay } from '../support/school-day.ts';
import { StepGate } from '../support/step-gate.ts';

// From a first look to a pilot to everything, as a school does it: by commands, against real servers.

async function openTrial(test: TestContext): Promise<{ day: SchoolDay; rollcall: ReturnType<typeof rollcallCommand> }> {
  const day = await SchoolDay.open({ live: false });
  test.onTestFinished(() => day.close());
  await day.worker();
  return { day, rollcall: rollcallCommand(day.env) };
}

const writes = async (day: SchoolDay) => (await day.journal('edusign')).filter(({ method }) => method !== 'GET');

async function folder(test: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'rollcall-trial-'));
  test.onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

describe.concurrent('invariant 12: a connection in trial writes nothing outside', () => {
  it('says what going live would do, and goes live on what was shown only', async (test) => {
    const { day, rollcall } = await openTrial(test);
    expect(await rollcall('go-live', 'timetable')).toMatchObject({
      status: 4,
      stdout: expect.stringContaining('rollcall trial'),
    });
    const shown = await rollcall('trial', 'timetable');
    expect(shown).toMatchObject({ status: 0 });
    expect(shown.stdout).toMatch(/1 lesson insert planned/);
    expect(shown.stdout).toMatch(/Nothing was written/);
    expect(await day.sync()).toMatchObject({ state: 'completed', planOnly: true });
    expect(await writes(day)).toEqual([]);
    expect(await rollcall('go-live', 'timetable', '--reason', 'agreed')).toMatchObject({ status: 0 });
    await day.sync();
    expect(await day.courses()).toHaveLength(1);
  });

  it('race: go-live during a trial run does not let that run write', async (test) => {
    const { day, rollcall } = await openTrial(test);
    await rollcall('trial', 'timetable');
    const gate = await StepGate.close(day.database, 'plan');
    const started = await day.startSync();
    await gate.reached();
    await rollcall('go-live', 'timetable');
    await gate.open();
    expect(await day.endOf(started)).toMatchObject({ state: 'completed', planOnly: true });
    expect(await writes(day)).toEqual([]);
    await day.sync();
    expect(await day.courses()).toHaveLength(1);
  });

  it('tells what is at the target already, and whether another connector is at work there', async (test) => {
    const { day, rollcall } = await openTrial(test);
    const headers = { authorization: 'Bearer key' };
    const student = {
      FIRSTNAME: 'Ada',
      LASTNAME: 'Other',
      EMAIL: 'ada@other.example',
      API_ID: '7',
      API_TYPE: 'oldsync',
    };
    await axios.post(`${day.edusign.url}/v1/student`, { student }, { headers });
    const { stdout } = await rollcall('trial', 'timetable');
    expect(stdout).toMatch(/1 learner of "oldsync": left alone/);
  });
});

describe.concurrent('a pilot', () => {
  it('sends the lessons of its groups only, and is widened by a second go-live', async (test) => {
    const { day, rollcall } = await openTrial(test);
    await asSuperuser(day.database.url, (client) =>
      client.query(`update connection set source_options = '{"groups": true, "annuaireIdStudentsGroups": 14}'`),
    );
    const start = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10);
    await day.control('alcuin', 'school', {
      edit: 'add-group',
      id: 301,
      directory: 14,
      name: 'BTS 1 A',
      learners: [1001],
    });
    await day.control('alcuin', 'school', {
      edit: 'add-lesson',
      id: 5002,
      name: 'Droit',
      instructors: [2001],
      learners: [1001],
      groups: [301],
      start: `${start}T09:00`,
      end: `${start}T10:00`,
    });
    await rollcall('trial', 'timetable');
    const unknown = await rollcall('go-live', 'timetable', '--only', 'BTS 2');
    expect(unknown).toMatchObject({ status: 2, stderr: expect.stringContaining('"BTS 1 A"') });
    expect((await rollcall('go-live', 'timetable', '--only', 'bts 1 a')).stdout).toContain('a pilot of 1 group');
    await day.sync();
    expect((await day.courses()).map((course) => course.NAME)).toEqual(['Droit']);
    await rollcall('trial', 'timetable');
    expect(await rollcall('go-live', 'timetable')).toMatchObject({ status: 0 });
    await day.sync();
    expect(await day.courses()).toHaveLength(2);
  });
});

describe.concurrent('other options of a live connection', () => {
  it('are previewed over what the source said last, without reading it again or changing anything', async (test) => {
    const { day, rollcall } = await openTrial(test);
    await rollcall('trial', 'timetable');
    await rollcall('go-live', 'timetable');
    await day.sync();
    const path = join(await folder(test), 'school.yaml');
    const { organisationCode } = day.connection;
    await writeFile(
      path,
      `organisation: {code: ${organisationCode}, name: Test school, timeZone: Europe/Paris}
accounts:
  alcuin: {system: alcuin, settings: {url: ${day.alcuin.url}}, requestTimeoutSeconds: 5}
  edusign: {system: edusign, settings: {url: ${day.edusign.url}}, requestTimeoutSeconds: 5}
connections:
  timetable:
    name: Timetable
    source: {account: alcuin, options: {annuaireIdProfessors: 99}}
    target: {account: edusign}
`,
    );
    const reads = (await day.journal('alcuin')).length;
    const { status, stdout } = await rollcall('config', 'apply', path, '--preview');
    expect(status).toBe(0);
    expect(stdout).toMatch(/What timetable would do.*\n.*plan only/);
    expect(stdout).toMatch(/1 lesson delete planned/);
    expect(stdout).toContain('LESSON_FILTERED: 0 now, 1 then');
    expect((await rollcall('findings', 'timetable')).stdout).not.toContain('LESSON_FILTERED');
    expect((await day.journal('alcuin')).length).toBe(reads);
    expect(await day.courses()).toHaveLength(1);
  });
});

describe.concurrent('decisions on what is not clear', () => {
  it('come from a file, all lines or none', async (test) => {
    const { day, rollcall } = await openTrial(test);
    const file = join(await folder(test), 'matches.csv');
    await rollcall('trial', 'timetable', '--csv', file);
    const heads = (await readFile(file, 'utf8')).trimEnd();
    expect(heads).toMatch(/^kind,key,name,why,what fits,/);
    const kept = () =>
      asSuperuser(day.database.url, async (client) => (await client.query('select decision from match_decision')).rows);
    await writeFile(file, `${heads}\r\nlesson,5001@2026-12-01,Droit,,,new,\r\ngroup,301,"BTS, 1 A",,,perhaps,\r\n`);
    const refused = await rollcall('matches', 'timetable', file);
    expect(refused).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/matches\.csv:3: "perhaps" is no decision/),
    });
    expect(await kept()).toEqual([]);
    await writeFile(file, `${heads}\r\nlesson,5001@2026-12-01,Droit,,,new,\r\ngroup,301,"BTS, 1 A",,,,\r\n`);
    expect(await rollcall('matches', 'timetable', file)).toMatchObject({ status: 0 });
    expect(await kept()).toEqual([{ decision: 'new' }]);
  });
});
