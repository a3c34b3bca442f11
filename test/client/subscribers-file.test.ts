import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigurationFileError, readConfigurationFile } from '../../client/configuration-file.ts';
import { applyConfiguration, type Configuration, organisationIdOf } from '../../store/configuration.ts';
import { subscribersOf } from '../../store/subscribers.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

const file = (organisation: string, connection = '') => `organisation:
  code: north
  name: North
  timeZone: Europe/Paris
${organisation}
accounts:
  erp: { system: alcuin, settings: { url: 'https://erp.school.example/api/' } }
  sheets: { system: edusign }
connections:
  timetable:
    name: Timetable
    source: { account: erp }
    target: { account: sheets }
${connection}
`;

const read = (organisation: string, connection?: string) =>
  readConfigurationFile('school.yaml', file(organisation, connection));

function problemsOf(organisation: string, connection?: string): readonly string[] {
  try {
    read(organisation, connection);
  } catch (error) {
    if (error instanceof ConfigurationFileError) return error.problems;
    throw error;
  }
  throw new Error('The file was accepted.');
}

describe('who is told, in a file', () => {
  it('has sensible values for what is left out', () => {
    const { organisation, connections } = read(
      `  subscribers:
    - mail: ada@school.example
    - { webhook: 'https://hooks.school.example/rollcall?tenant=1', kinds: [completed, started], role: admin }`,
      `    subscribers:
      - { mail: bo@school.example, kinds: [digest], language: sv }
    contact: { vendor: { name: Alcuin, mail: help@alcuin.example } }
    mailSubjects: import`,
    );
    expect(organisation.subscribers).toEqual([
      {
        channel: 'mail',
        address: 'ada@school.example',
        kinds: ['failed', 'held', 'paused', 'silence'],
        language: 'en',
        daily: false,
        admin: false,
      },
      {
        channel: 'webhook',
        address: 'https://hooks.school.example/rollcall?tenant=1',
        kinds: ['started', 'completed'],
        language: 'en',
        daily: false,
        admin: true,
      },
    ]);
    expect(connections[0]).toMatchObject({
      subscribers: [
        { address: 'bo@school.example', kinds: ['completed', 'failed', 'held'], language: 'sv', daily: true },
      ],
      contact: { vendor: { name: 'Alcuin', mail: 'help@alcuin.example' } },
      mailSubjects: 'import',
    });
  });

  it.each([
    ['{ mail: nobody }', /subscribers\.0\.mail: must be a mail address/],
    ['{ kinds: [failed] }', /subscribers\.0: must have one of mail and webhook/],
    ['{ mail: a@b.example, webhook: "https://c.example" }', /must have one of mail and webhook/],
    ['{ webhook: "ftp://c.example/x" }', /must be an http or https address/],
    ['{ webhook: "https://user:word@c.example/x" }', /must not hold a user name or password/],
    ['{ webhook: "https://c.example/x", digest: daily }', /a webhook is told at once/],
    [
      '{ mail: a@b.example, kinds: [everything] }',
      /allowed: started, completed, failed, held, paused, silence, digest/,
    ],
    ['{ mail: a@b.example, secret: x }', /allowed: mail, webhook, kinds, language, digest, role/],
  ])('refuses %s', (subscriber, words) => {
    const problems = problemsOf(`  subscribers:\n    - ${subscriber}`);
    expect(problems.join('\n')).toMatch(words);
    expect(problems[0]).toMatch(/^school\.yaml:[56]: organisation\.subscribers/);
  });

  it('refuses an address that is there twice', () => {
    const twice = '  subscribers:\n    - mail: a@b.example\n    - mail: A@b.example';
    expect(problemsOf(twice)).toEqual(['school.yaml:5: organisation.subscribers: has an address twice']);
  });
});

describe('who is told, applied', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.drop());

  async function apply(configuration: Configuration) {
    const { id } = await database.db.operator((tx) => organisationIdOf(tx, 'north'));
    return database.db.organisation(id, async (tx) => {
      const changes = await applyConfiguration(tx, id, configuration);
      const { connectionId, changedAt } = await tx.one<{ connectionId: string; changedAt: string }>(
        'select connection_id as "connectionId", changed_at as "changedAt" from connection',
      );
      const told = (await subscribersOf(tx, connectionId)).map(
        ({ address, ofAll }) => `${address}${ofAll ? ' of all' : ''}`,
      );
      return { changes: changes.filter(({ fields }) => fields.length > 0), told, changedAt };
    });
  }

  it('is what the file lists; a file that says nothing of it leaves it, and a trial’s plan stays good', async () => {
    const ada = '  subscribers: [{ mail: ada@school.example }]';
    const bo = '    subscribers: [{ mail: bo@school.example }]\n    mailSubjects: import';
    const first = await apply(read(ada, bo));
    expect(first.told).toEqual(['ada@school.example of all', 'bo@school.example']);
    expect(await apply(read(''))).toMatchObject({ changes: [], told: first.told });
    const second = await apply(
      read(ada, '    subscribers: [{ mail: cy@school.example }]\n    contact: { vendor: { name: X } }'),
    );
    expect(second.told).toEqual(['ada@school.example of all', 'cy@school.example']);
    expect(second.changes).toMatchObject([{ code: 'timetable', fields: ['subscribers', 'contact'] }]);
    expect(second.changedAt).toBe(first.changedAt);
    expect((await apply(read('  subscribers: []', bo))).told).toEqual(['bo@school.example']);
  });
});
