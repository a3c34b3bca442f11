import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, type TestContext } from 'vitest';
import { rollcallCommand } from '../support/command.ts';
import { asSuperuser } from '../support/database.ts';
import { SchoolDay } from '../support/school-day.ts';

// Reasons of absence as a school meets them: by commands, against real servers.

async function open(test: TestContext, options: { live: boolean }) {
  const day = await SchoolDay.open(options);
  test.onTestFinished(() => day.close());
  await day.worker();
  return { day, rollcall: rollcallCommand(day.env) };
}

/** The lists that the ERP was given, by learner. */
async function lists(day: SchoolDay): Promise<object[]> {
  const puts = (await day.journal('alcuin')).filter(({ method }) => method === 'PUT');
  return puts.map(({ body }) => (body as { presences: object[] }).presences);
}

it('waits for a reason, goes by itself once it is set, and again when it is set otherwise', async (test) => {
  const { day, rollcall } = await open(test, { live: true });
  const max = { edit: 'add-person', id: 1002, directory: 11, nom: 'Roux', prenom: 'Max', email: 'max@etu.example' };
  await day.control('alcuin', 'school', max);
  await day.control('alcuin', 'school', { edit: 'add-learner', event: 5001, person: 1002 });
  await day.control('edusign', 'school', { edit: 'add-reason', id: 12, name: 'Stage' });
  await day.sync();
  await day.finishLesson();
  const [course] = await day.courses();
  const sheet = { course: course?.ID, student: 'timetable:1002' };
  await day.control('edusign', 'school', { edit: 'absent', ...sheet });
  await day.control('edusign', 'school', { edit: 'justify', ...sheet, type: 12 });

  await day.sync();
  const late = { idApprenant: 1001, statut: 'RETARD' };
  expect(await lists(day)).toMatchObject([[late]]);
  expect((await lists(day))[0]).toHaveLength(1);
  const findings = JSON.parse((await rollcall('findings', 'timetable', '--json')).stdout);
  expect(JSON.stringify(findings)).toContain('ATTENDANCE_REASON_UNMAPPED');
  const waits = await rollcall('attendance', 'timetable', '--state', 'unmapped');
  expect(waits.stdout).toMatch(/1002 .*justified .*unmapped .*school .*once mapped .*rollcall reasons/);
  expect((await rollcall('reasons', 'timetable')).stdout).toMatch(/^12 +Stage +open +1 +1$/m);
  expect(await rollcall('check', 'timetable')).toMatchObject({
    status: 5,
    stdout: expect.stringContaining('0 of 10 confirmed, 0 proposed, 1 in use and not confirmed'),
  });

  expect(await rollcall('reasons', 'set', 'timetable', 'stage', 'ENT', '--reason', 'by phone')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('1 reason confirmed'),
  });
  await day.sync();
  const justified = { idApprenant: 1002, statut: 'ABSENT_JUSTIFIE' };
  expect((await lists(day))[1]).toMatchObject([late, { ...justified, motif: 'ENT' }]);
  expect((await rollcall('findings', 'timetable', '--json')).stdout).not.toContain('ATTENDANCE_REASON_UNMAPPED');
  await day.sync();
  expect(await lists(day)).toHaveLength(2);

  await rollcall('reasons', 'set', 'timetable', '12', 'AUT');
  await day.sync();
  expect((await lists(day))[2]).toMatchObject([late, { ...justified, motif: 'AUT' }]);
  expect(await lists(day)).toHaveLength(3);

  const list = JSON.parse((await rollcall('reasons', 'timetable', '--json')).stdout);
  expect(list).toMatchObject({ schema: 'rollcall.reasons/1', default: null, problem: null });
  expect(list.reasons).toHaveLength(10);
  expect(list.reasons.find(({ id }: { id: string }) => id === '12')).toMatchObject({
    id: '12',
    state: 'confirmed',
    match: { code: 'AUT' },
    uses: 1,
    lines: 1,
    unmappedLines: 0,
    decidedBy: expect.stringMatching(/./),
    decidedAt: expect.stringMatching(/Z$/),
  });
  const commands = await asSuperuser(day.database.url, (client) =>
    client.query(`select reason, detail from command where action = 'reasons-set' order by created_at`),
  );
  expect(commands.rows).toEqual([
    { reason: 'by phone', detail: { reasons: [{ reason: '12', code: 'ENT' }] } },
    { reason: '', detail: { reasons: [{ reason: '12', code: 'AUT' }] } },
  ]);
});

it('refuses go-live while reasons in use are not mapped, and takes the table from a file', async (test) => {
  const { day, rollcall } = await open(test, { live: false });
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-reasons-'));
  test.onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const student = { FIRSTNAME: 'Ada', LASTNAME: 'Old', EMAIL: 'ada@old.example' };
  await day.control('edusign', 'school', { edit: 'make-student', fields: student });
  await day.control('edusign', 'school', { edit: 'add-reason', id: 12, name: '=Stage;"1"' });
  const past = { student: student.EMAIL, start: '2026-01-12T08:00:00Z', end: '2026-01-12T10:00:00Z' };
  for (const type of [1, 12, 0]) await day.control('edusign', 'school', { edit: 'justify', ...past, type });

  const inUse = '"Arrêt maladie" (1), "=Stage;"1"" (12)';
  expect((await rollcall('trial', 'timetable')).stdout).toContain(`in use that are not mapped: ${inUse}`);
  expect(await rollcall('go-live', 'timetable')).toMatchObject({
    status: 4,
    stderr: expect.stringMatching(/^REASONS_UNMAPPED: .*"Arrêt maladie" \(1\).*rollcall reasons timetable/),
  });

  const file = join(folder, 'reasons.csv');
  expect(await rollcall('reasons', 'timetable', '--csv', file)).toMatchObject({ status: 0 });
  const rows = (await readFile(file, 'utf8')).split('\r\n');
  expect(rows).toContain('1,Arrêt maladie,,,open,1,0');
  expect(rows).toContain(`12,"'=Stage;""1""",,,open,1,0`);
  const [heads] = rows;
  await writeFile(file, `${heads}\r\n1,,MAL\r\nGrève,,GRE\r\n12,,'-\r\n1,,MED\r\n`);
  const refused = await rollcall('reasons', 'import', 'timetable', file);
  expect(refused).toMatchObject({ status: 2, stderr: expect.stringMatching(/^Nothing was kept\.\n/) });
  expect(refused.stderr).toMatch(/reasons\.csv:3: The target has no reason "Grève"\. There are: 1 \(Arrêt maladie\)/);
  expect(refused.stderr).toMatch(/reasons\.csv:5: It has another code in a line above\./);

  await writeFile(file, `${heads}\r\n1,,MAL\r\n2,,\r\n12,,'-\r\n`);
  expect((await rollcall('reasons', 'import', 'timetable', file)).stdout).toContain('2 reasons confirmed');
  expect(await rollcall('go-live', 'timetable', '--reason', 'agreed')).toMatchObject({ status: 0 });
  const check = await rollcall('check', 'timetable');
  expect(check).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('2 of 10 confirmed, 0 proposed, 0 in use'),
  });
});

it('has a default until it is cleared, and confirms only what is proposed', async (test) => {
  const day = await SchoolDay.open({ live: false });
  test.onTestFinished(() => day.close());
  const rollcall = rollcallCommand(day.env);
  await rollcall('reasons', 'default', 'timetable', 'AUT');
  expect((await rollcall('reasons', 'timetable')).stdout).toMatch(/Whatever is not confirmed goes as AUT/);
  expect((await rollcall('reasons', 'default', 'timetable', '--clear')).stdout).toMatch(/There is no default any more/);
  expect(await rollcall('reasons', 'confirm', 'timetable', '2')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('Nothing is proposed for "2"'),
  });
  expect((await rollcall('reasons', 'confirm', 'timetable', '--all')).stdout).toBe('Nothing changed.\n');
});
