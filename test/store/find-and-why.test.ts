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
const facts = (kind: RecordRef['kind'], syncKey: string) =>
  steps.inOrganisation((tx) => whyFacts(tx, ref(kind, syncKey)));

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

  it('what only the target has, by name, part of an address, or id, beside no record of ours', async () => {
    world.handmade('hand-1', {
      kind: 'learner',
      after: { givenName: 'Héloïse', familyName: 'Duvivier', email: 'heloise@elsewhere.example', phone: '' },
    });
    await steps.query('update account set inventory_at = null');
    await steps.sync();
    for (const words of ['duvivier heloise', 'duvivvier', 'heloise@elsewhere', 'hand-1']) {
      const found = await steps.inOrganisation((tx) => findRecords(tx, words, { limit: 5 }));
      expect(found, words).toMatchObject([
        {
          syncKey: '',
          kind: 'person',
          standing: null,
          atTarget: [{ kind: 'learner', targetId: 'hand-1', state: 'active' }],
        },
      ]);
      expect(await steps.elsewhere((tx) => findRecords(tx, words, { limit: 5 }))).toEqual([]);
    }
    expect(await find('zoe lefevre')).toEqual(['l1']);
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
    expect(await verdict('lesson', asked ?? '')).toMatchObject({
      code: 'PEOPLE_MISSING',
      finding: 'PERSON_INCOMPLETE',
      facts: { missing: 1 },
    });
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
      facts: { from: expect.any(String), since: expect.any(String) },
    });
    expect(await facts('person', 'nobody')).toMatchObject({
      lookedIn: expect.any(String),
      inventoryAt: expect.any(String),
    });
  });

  it('knows what the source said though the target does not answer, and that nothing was read before the first run', async () => {
    expect(await verdict('person', 'l1')).toMatchObject({ code: 'NEVER_READ', mover: 'operator' });
    world.records = [person('i1'), zoe({ email: '' }), lesson('e1', 30)];
    const cut = steps.sync({
      between: async (step) => {
        if (step === 'dedupe') throw new Error('The target does not answer.');
      },
    });
    await expect(cut).rejects.toThrow('does not answer');
    expect(await find('zoe')).toEqual(['l1']);
    expect(await verdict('person', 'l1')).toMatchObject({ code: 'FINDING', finding: 'PERSON_INCOMPLETE' });
  });

  it('says what was removed by hand: a lesson, and a learner from the sheet', async () => {
    world.records = [
      person('i1'),
      zoe(),
      person('l2'),
      ...['e1', 'e2'].map((id, n) => lesson(id, 30 + n, { learnerKeys: ['l1', 'l2'] })),
    ];
    await steps.sync();
    const [[kept = ''], [gone = '']] = [await find('e1'), await find('e2')];
    const sheetOf = (key: string) => world.idsOf(`timetable:${key}`)[0] ?? '';
    world.objects.delete(sheetOf(gone));
    const sheet = world.objects.get(sheetOf(kept));
    if (sheet === undefined) throw new Error('The lesson has no sheet.');
    world.objects.set(sheetOf(kept), { ...sheet, learnerIds: sheet.learnerIds.slice(1) });
    await steps.query('update account set inventory_at = null');
    await steps.sync();
    expect(await verdict('lesson', gone)).toMatchObject({ code: 'FINDING', finding: 'REMOVED_AT_TARGET' });
    const learner = ['l1', 'l2'].find((key) => sheet.learnerIds[0] === world.idsOf(`timetable:${key}`)[0]) ?? '';
    const lessons = await steps.inOrganisation((tx) => lessonsOf(tx, ref('person', learner)));
    expect(lessons.find(({ syncKey }) => syncKey === kept)).toMatchObject({
      sent: true,
      code: 'MEMBER_REMOVED_AT_TARGET',
    });
  });

  it('says what is over the window, in trial, left out by a pilot, or looks like a known record', async () => {
    world.records = [person('i1'), zoe(), lesson('e1', 30), lesson('e2', 24 * 20)];
    await steps.sync();
    const [far = ''] = await find('e2');
    const day = far.split('@')[1] ?? '';
    expect(await verdict('lesson', far)).toMatchObject({ code: 'OUTSIDE_WINDOW', mover: 'nobody', facts: { to: day } });

    await steps.query(`update connection set pilot_groups = '{g1}'`);
    world.records.push(lesson('e3', 50));
    await steps.sync();
    const [piloted = ''] = await find('e3');
    expect((await verdict('lesson', piloted)).code).toMatch(/^(LEFT_OUT|FINDING)$/);

    await steps.query(`update connection set pilot_groups = null, mode = 'trial'`);
    world.records.push(lesson('e4', 60));
    await steps.sync({ preview: true });
    const [tried = ''] = await find('e4');
    expect(await verdict('lesson', tried)).toMatchObject({ code: 'TRIAL' });
  });

  it('says whose move an attendance line is that the source refused, and when it is offered again', async () => {
    world.records = [person('i1'), zoe(), lesson('e1', 30)];
    await steps.sync();
    const [key = ''] = await find('e1');
    const [sheet = ''] = world.idsOf(`timetable:${key}`);
    const [learner = ''] = world.objects.get(sheet)?.learnerIds ?? [];
    world.attendance.set(sheet, new Map([[learner, { status: 'late', minutesLate: 7 }]]));
    world.refuse = () => [{ personKey: 'l1', code: 'CLOSED', message: 'The month is closed.' }];
    await steps.hoursLater(40);
    await steps.sync();
    for (const asked of [ref('person', 'l1'), ref('lesson', key)]) {
      expect(await steps.inOrganisation((tx) => stuckAttendance(tx, asked)), asked.kind).toEqual({
        count: 1,
        unmapped: 0,
        nextTryAt: expect.any(String),
      });
    }
    expect(await verdict('person', 'l1')).toMatchObject({ code: 'ATTENDANCE_STUCK', mover: 'school' });
    const entries = await steps.inOrganisation((tx) => timelineOf(tx, ref('person', 'l1')));
    expect(entries.at(-1)).toMatchObject({
      sort: 'attendance',
      state: 'rejected',
      reason: 'CLOSED: The month is closed.',
    });
  });

  it('says that a change was let through and not sent yet, or that a person rejected it', async () => {
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
    await steps.decide('approve', { hold: 1 });
    expect(await verdict('lesson', key)).toMatchObject({ code: 'APPROVED', mover: 'nobody', facts: { hold: 1 } });
  });

  it('says that a person rejected its last change', async () => {
    const many = Array.from({ length: 40 }, (_, n) => lesson(`e${n}`, 30 + 2 * n));
    world.records = [person('i1'), zoe(), ...many];
    await steps.sync();
    world.records = [person('i1'), zoe(), ...many.map((one) => ({ ...one, state: 'cancelled' as const }))];
    await steps.sync();
    const [hold] = await steps.holds();
    await steps.decide('reject', { hold: hold?.number ?? 0 });
    await steps.sync();
    const [key = ''] = await find('e39');
    expect(await verdict('lesson', key)).toMatchObject({ code: 'REJECTED_BY_PERSON' });
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
      'find an id at the target': (tx) => findRecords(tx, 'handx30', { limit: 20 }),
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

  /** Records with what the store keeps of each: an object and link at the target, a change, a finding, places, attendance. */
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
    for (const statement of besides) await steps.query(statement);
    await steps.query('analyze');
  }

  const added = `(select r.*, case r.kind when 'person' then 'learner' else r.kind end as role, c.target_account_id
                    from record r join connection c using (connection_id) where r.sync_key like 'x%') r`;
  const besides = [
    `insert into target_object (organisation_id, account_id, kind, target_id, content, created_run, changed_run)
     select organisation_id, target_account_id, role, 't' || sync_key, '{"title": "x"}', first_run, first_run from ${added}`,
    `insert into target_object (organisation_id, account_id, kind, target_id, seen, created_run, changed_run)
     select organisation_id, target_account_id, role, 'hand' || sync_key, jsonb_build_object('title', label), first_run, first_run from ${added}`,
    `insert into link (organisation_id, connection_id, kind, sync_key, target_object_id)
     select r.organisation_id, connection_id, role, sync_key, target_object_id
       from ${added} join target_object o on o.target_id = 't' || sync_key`,
    `insert into change (organisation_id, run_id, connection_id, kind, operation, sync_key, rank, state, digest)
     select r.organisation_id, (select run_id from run limit 1), connection_id, role, 'update', sync_key, 10, 'applied', '' from ${added}`,
    `insert into finding (organisation_id, connection_id, step, code, kind, sync_key, detail, first_run, last_detail_run)
     select organisation_id, connection_id, 'plan', 'DRIFTED', kind, sync_key, '', first_run, first_run from ${added}`,
    `insert into link_member (connection_id, organisation_id, parent_key, person_key)
     select connection_id, organisation_id, sync_key, 'p' || sync_key from ${added}`,
    `insert into attendance_line (connection_id, organisation_id, lesson_key, person_key, wanted, wanted_digest, state)
     select connection_id, organisation_id, sync_key, 'p' || sync_key, '{}', '', 'rejected' from ${added}`,
  ];
});
