import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AnswerScanner } from '../../roster/answer-scanner.ts';
import { noteAnswers } from '../../store/answer-shape.ts';
import { rollcallCommand } from '../support/command.ts';
import { asSuperuser, freshDatabase, type TestDatabase } from '../support/database.ts';
import { makeOrganisation } from '../support/organisation.ts';
import { workerEnv } from '../support/school-day.ts';

let database: TestDatabase;
let connection: Awaited<ReturnType<typeof makeOrganisation>>;
let name: string;
let rollcall: ReturnType<typeof rollcallCommand>;

beforeEach(async () => {
  database = await freshDatabase();
  connection = await makeOrganisation(database.db);
  name = `${connection.organisationCode}/${connection.connectionCode}`;
  // No Temporal is asked for by these commands.
  rollcall = rollcallCommand(
    workerEnv({ databaseUrl: database.url, temporalAddress: '127.0.0.1:1', taskQueue: 'none' }),
  );
});
afterEach(() => database.drop());

/** What a read of these items leaves in the store. */
async function read(item: object): Promise<void> {
  const scanner = new AnswerScanner();
  scanner.add({ part: 'list', body: Buffer.from(JSON.stringify(Array.from({ length: 12 }, () => item))) });
  const { organisationId, connectionId } = connection;
  const run = { organisationId, connectionId, runId: randomUUID() };
  const of = { at: new Date().toISOString(), optional: [] };
  await database.db.organisation(organisationId, (tx) => noteAnswers(tx, run, scanner.seen(), of));
}

describe('rollcall shape', () => {
  it('says when nothing is known, what is known, and what changed', async () => {
    expect((await rollcall('shape', name)).stdout).toMatch(/^Nothing is known yet/);
    await read({ id: 1, room: { name: 'B 204' } });
    const first = await rollcall('shape', name);
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(first.stdout).toMatch(/^list\.room\.name +text +nearly all /m);
    expect(first.stdout).toContain('Nothing changed.');
    await read({ id: '1', floor: 2 });
    const { stdout } = await rollcall('shape', name);
    expect(stdout).toMatch(/^list\.room +object +none now /m);
    expect(stdout).toMatch(/^list\.id: text .*never of the kind "text" before; in 12 answers/m);
    expect(stdout).toMatch(/^list\.floor: new /m);
    expect(stdout).toMatch(/^list\.room: gone /m);
    expect(stdout).not.toContain('B 204');
  });

  it('gives all of it to scripts', async () => {
    await read({ id: 1 });
    await read({ id: 1, floor: 2 });
    const answer = JSON.parse((await rollcall('shape', name, '--json')).stdout);
    expect(answer).toMatchObject({
      schema: 'rollcall.shape/1',
      connection: name,
      shape: {
        known: { list: { items: 10, fields: { id: { kinds: { number: null }, usual: 'filled' } } } },
        news: [{ field: 'list.floor', what: 'new', answers: 12 }],
      },
    });
  });

  it('takes it as usual with a reason, which is kept with who did it', async () => {
    await read({ id: 1 });
    await read({ id: 1, floor: 2 });
    expect(await rollcall('shape', name, '--accept')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--reason'),
    });
    const accepted = await rollcall('shape', name, '--accept', '--reason', 'new release');
    expect(accepted).toMatchObject({ status: 0, stderr: '' });
    expect(accepted.stdout).toMatch(/^list\.floor: new /m);
    expect((await rollcall('shape', name)).stdout).toContain('Nothing changed.');
    expect((await rollcall('shape', name, '--accept', '--reason', 'again')).stdout).toMatch(/^Nothing is news/);
    const { rows } = await asSuperuser(database.url, (client) =>
      client.query('select action, reason, detail from command'),
    );
    expect(rows).toEqual([
      { action: 'shape-accept', reason: 'new release', detail: { accepted: ['list.floor: new'] } },
    ]);
  });

  it('is looked at by a viewer, and taken as usual by support', async () => {
    await read({ id: 1 });
    await read({ id: 1, floor: 2 });
    const { ROLLCALL_LOCAL, ...server } = workerEnv({ databaseUrl: database.url, temporalAddress: '', taskQueue: '' });
    const as = (token: string) => rollcallCommand({ ...server, ROLLCALL_TOKEN: token });
    const ops = (await as('')('token', 'issue', 'ops', '--role', 'operator')).stdout.trim();
    const issue = async (role: string) => (await as(ops)('token', 'issue', role, '--role', role)).stdout.trim();
    const viewer = as(await issue('viewer'));
    expect(await viewer('shape', name)).toMatchObject({ status: 0 });
    const asked = ['shape', name, '--accept', '--reason', 'known'];
    expect(await viewer(...asked)).toMatchObject({ status: 4, stderr: expect.stringContaining('needs support') });
    expect(await as(await issue('support'))(...asked)).toMatchObject({ status: 0 });
  });
});
