import { beforeEach, describe, expect, it } from 'vitest';
import { verdictOf } from '../../roster/why.ts';
import type { Transaction } from '../../store/database.ts';
import { findRecords } from '../../store/find.ts';
import { lessonsOf, missingFrom, type RecordRef, stuckAttendance, timelineOf, whyFacts } from '../../store/why.ts';
import { lesson, person } from '../support/records.ts';
import { type StepRun, stepsForEach } from '../support/step-run.ts';
import type { ToyWorld } from '../support/toy-systems.ts';

const current = stepsForEach();
let steps: StepRun;
let world: ToyWorld;
beforeEach(() => {
  steps = current();
  world = steps.world;
});

const ref = (kind: RecordRef['kind'], syncKey: string): RecordRef => ({
  connectionId: steps.connectionId,
  kind,
  syncKey,
});
const find = async (words: string) =>
  (await steps.inOrganisation((tx) => findRecords(tx, words, { limit: 5 }))).map(({ syncKey }) => syncKey);
const verdict = (kind: RecordRef['kind'], syncKey: string) =>
  steps.inOrganisation(async (tx) => {
    const asked = ref(kind, syncKey);
    const lessons = kind === 'person' ? await lessonsOf(tx, asked) : [];
    const missing = kind === 'lesson' ? await missingFrom(tx, asked) : [];
    return verdictOf(await whyFacts(tx, asked), {
      lessons,
      missing,
      stuckAttendance: await stuckAttendance(tx, asked),
    });
  });
const zoe = (given = {}) =>
  person('l1', { givenName: 'Zoé', familyName: 'Lefèvre', email: 'zoe@school.example', ...given });

describe('find', () => {
  beforeEach(async () => {
    world.records = [
      person('i1'),
      zoe(),
      person('l2', { givenName: 'Loïc', familyName: 'Le Fèvre' }),
      lesson('e77', 30, { title: 'Comptabilité générale' }),
    ];
    await steps.sync();
  });

  it.each([
    ['an exact key', 'l1', ['l1']],
    ['an e-mail address in any case', 'ZOE@school.example', ['l1']],
    ['a name without its accents', 'zoe lefevre', ['l1']],
    ['a name with a typing error', 'zoé lefévre', ['l1']],
    ['a misspelt name', 'lefevere', ['l1']],
    ['part of a title', 'comptabilite', [expect.stringMatching(/^e77@/)]],
    ['the number of a lesson', 'e77', [expect.stringMatching(/^e77@/)]],
  ])('%s', async (_, words, expected) => {
    expect((await find(words)).slice(0, 1)).toEqual(expected);
  });

  it('an id at the target', async () => {
    const [object] = await steps.query<{ target_id: string }>(
      `select target_id from target_object where kind = 'learner'`,
    );
    expect(await find(object?.target_id ?? '')).toEqual(['l1']);
  });

  it('takes wildcards and quotes for what they are', async () => {
    for (const words of ['%', '%%%', "'; drop table record", '\\', '\\%']) expect(await find(words), words).toEqual([]);
  });

  it('is blind to other organisations', async () => {
    expect(await steps.elsewhere((tx) => findRecords(tx, 'zoe lefevre', { limit: 5 }))).toEqual([]);
  });
});

describe('why', () => {
  it('follows a learner from a missing e-mail to a lesson', async () => {
    world.records = [person('i1'), zoe({ email: '' }), person('l2'), lesson('e1', 30, { learnerKeys: ['l1', 'l2'] })];
    await steps.sync();
    expect(await verdict('person', 'l1')).toMatchObject({ code: 'FINDING', finding: 'PERSON_INCOMPLETE' });
    const [asked] = await find('e1');
    const missing = await steps.inOrganisation((tx) => missingFrom(tx, ref('lesson', asked ?? '')));
    expect(missing).toMatchObject([{ syncKey: 'l1', code: 'PERSON_INCOMPLETE' }]);
    world.records = [person('i1'), zoe(), person('l2'), lesson('e1', 30, { learnerKeys: ['l1', 'l2'] })];
    await steps.sync();
    expect(await verdict('person', 'l1')).toMatchObject({ code: 'AT_TARGET' });
    const sorts = (await steps.inOrganisation((tx) => timelineOf(tx, ref('person', 'l1')))).map(({ sort }) => sort);
    expect(sorts.sort()).toEqual(['change', 'cleared', 'found', 'seen']);
  });

  it('says of a person without a lesson, and of one whose only lesson is not sent, why', async () => {
    world.records = [person('i1', { email: '' }), zoe(), person('l2'), lesson('e1', 30)];
    await steps.sync();
    expect(await verdict('person', 'l2')).toMatchObject({ code: 'NO_LESSON' });
    expect(await verdict('person', 'l1')).toMatchObject({
      code: 'LESSONS_NOT_SENT',
      finding: 'LESSON_WITHOUT_INSTRUCTOR',
    });
  });

  it('says where a record that was never seen was looked for', async () => {
    world.records = [person('i1'), zoe(), lesson('e1', 30)];
    await steps.sync();
    expect(await verdict('person', 'nobody')).toMatchObject({
      code: 'NEVER_SEEN',
      facts: { from: expect.any(String) },
    });
  });

  it('tells a held change, the decision on it, and what came of it', async () => {
    const school = (lessons: number) => [
      person('i1'),
      zoe(),
      ...Array.from({ length: lessons }, (_, n) => lesson(`e${n}`, 30 + 2 * n)),
    ];
    world.records = school(40);
    await steps.sync();
    world.records = school(20);
    await steps.sync();
    const [key = ''] = await find('e39');
    expect(await verdict('lesson', key)).toMatchObject({ code: 'HELD', facts: { hold: 1 } });
    await steps.decide('approve', { hold: 1 });
    await steps.sync();
    expect(await verdict('lesson', key)).toMatchObject({ code: 'FINDING', finding: 'LESSON_VANISHED' });
    await steps.sync();
    expect(await verdict('lesson', key)).toMatchObject({ code: 'GONE' });
    const entries = await steps.inOrganisation((tx) => timelineOf(tx, ref('lesson', key)));
    expect(entries.map((entry) => ('state' in entry ? `${entry.sort} ${entry.state}` : entry.sort))).toEqual(
      expect.arrayContaining(['seen', 'change applied', 'absent', 'change held', 'decision used']),
    );
  });

  it('says that the connection is stopped, and that this is not about the record', async () => {
    world.records = [person('i1'), zoe(), lesson('e1', 30)];
    await steps.sync();
    await steps.query(
      `insert into operator.stop (stop_id, scope, reason, set_by) values (gen_random_uuid(), 'everything', 'maintenance', 'ops')`,
    );
    expect(await verdict('person', 'l1')).toMatchObject({
      code: 'STOPPED',
      mover: 'operator',
      facts: { reason: 'maintenance' },
    });
  });

  it('writes nothing for what the source says again in the same words, and notes who is absent only within what it covers', async () => {
    world.records = [person('i1'), zoe(), person('l2'), lesson('e1', 30), lesson('e2', 40)];
    await steps.sync();
    const rows = () =>
      steps.query<{ key: string; version: string; absent: boolean }>(
        `select sync_key as key, xmin::text as version, absent_run is not null as absent from record order by 1`,
      );
    const before = await rows();
    await steps.sync();
    expect(await rows()).toEqual(before);
    world.records = [person('i1'), zoe(), lesson('e1', 30)];
    await steps.sync();
    expect((await rows()).filter(({ absent }) => absent).map(({ key }) => key)).toEqual([
      expect.stringMatching(/^e2@/),
    ]);
  });
});

describe('with many records behind them', () => {
  it('find and why read a number of rows that does not grow with the table', async () => {
    world.records = [person('i1'), zoe(), lesson('e1', 30)];
    await steps.sync();
    const [key = ''] = await find('e1');
    const questions: Record<string, (tx: Transaction) => Promise<unknown>> = {
      'find a key': (tx) => findRecords(tx, 'l1', { limit: 20 }),
      'find a name': (tx) => findRecords(tx, 'zoe lefevre', { limit: 20 }),
      'find a misspelt name': (tx) => findRecords(tx, 'zoe lefevere', { limit: 20 }),
      'find what everybody is called': (tx) => findRecords(tx, 'name', { limit: 20 }),
      'find nothing': (tx) => findRecords(tx, 'qqqq wwww', { limit: 20 }),
      'why a person': (tx) => everything(tx, ref('person', 'l1')),
      'why a lesson': (tx) => everything(tx, ref('lesson', key)),
    };
    await addRecords(20_000);
    for (const [question, ask] of Object.entries(questions)) {
      const read = await steps.inOrganisation(async (tx) => {
        await ask(tx);
        const { rows } = await tx.one<{ rows: number }>(
          `select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::bigint as rows from pg_stat_xact_user_tables
            where relname in ('record', 'link', 'target_object', 'finding', 'change', 'link_member', 'attendance_line', 'hold_change')`,
        );
        return rows;
      });
      expect(read, question).toBeLessThan(1_500);
    }
  });

  async function everything(tx: Transaction, asked: RecordRef): Promise<void> {
    await whyFacts(tx, asked);
    await lessonsOf(tx, asked);
    await missingFrom(tx, asked);
    await timelineOf(tx, asked);
    await stuckAttendance(tx, asked);
  }

  async function addRecords(count: number): Promise<void> {
    await steps.query(
      `insert into record (connection_id, organisation_id, kind, sync_key, label, email, source_id, starts_at, people,
                           standing, first_run, first_seen_at, changed_run)
       select c.connection_id, c.organisation_id, case when n % 3 = 0 then 'lesson' else 'person' end, 'x' || n,
              'Name ' || md5(n::text), 'p' || n || '@school.example', 'x' || n, now() + interval '1 day', array['x' || n],
              'valid', gen_random_uuid(), now(), gen_random_uuid()
         from connection c cross join generate_series(1, $1) n`,
      [count],
    );
    await steps.query('analyze');
  }
});
