import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findingMeanings } from '../../roster/finding-codes.ts';
import { verdictCodes, verdictOf, type WhyFacts, type WhyLessons } from '../../roster/why.ts';
import { languages, moveOf, replyOf, sentenceOf, type Telling } from '../../roster/why-texts.ts';

const at = '2026-11-26T17:40:00.000Z';
const record = {
  label: 'Zoé Lefèvre',
  email: 'zoe@school.example',
  standing: 'valid',
  startsAt: null,
  localDate: null,
  firstSeenAt: at,
  firstRun: 1,
  absentSince: null,
  absentRun: null,
} as const;
const facts = (given: Partial<WhyFacts> = {}): WhyFacts => ({
  kind: 'person',
  syncKey: '1001',
  mode: 'live',
  pilot: false,
  stop: null,
  pause: null,
  lastRun: { number: 7, state: 'completed', code: null, at },
  lastGoodRun: { number: 7, state: 'completed', code: null, at },
  window: { fromDate: '2026-11-26', toDate: '2026-12-10', readAt: at },
  lookedIn: 'https://erp.school.example/api/',
  inventoryAt: at,
  record,
  links: [],
  findings: [],
  held: null,
  lastChange: null,
  ...given,
});
const held = { hold: 3, operation: 'delete', since: at };
const link = { kind: 'learner', targetId: 't1', state: 'active', owns: true };
const lesson = { label: 'Droit', startsAt: at, placed: true, sent: true, code: null };
const around = (given: Partial<WhyLessons> = {}): WhyLessons => ({
  lessons: [],
  missing: [],
  stuckAttendance: { count: 0, unmapped: 0, nextTryAt: null },
  ...given,
});
const finding = (code: string) => ({ code, kind: 'person', detail: 'has no e-mail', since: at });
const telling: Telling = { language: 'en', source: 'Alcuin', target: 'Edusign', zone: 'Europe/Paris' };

describe('the verdict', () => {
  it.each<[string, Partial<WhyFacts>, Partial<WhyLessons>]>([
    ['NEVER_READ', { record: null, window: null }, {}],
    ['NEVER_SEEN', { record: null }, {}],
    ['ONLY_AT_TARGET', { record: null, links: [{ ...link, owns: false }] }, {}],
    ['HELD', { held: { ...held, state: 'open' }, links: [link] }, {}],
    ['APPROVED', { held: { ...held, state: 'approved' }, findings: [finding('CHANGE_HELD')], links: [link] }, {}],
    ['FINDING', { findings: [finding('PERSON_INCOMPLETE')] }, {}],
    ['FINDING', { held: { ...held, state: 'approved' }, findings: [finding('EMAIL_TAKEN')] }, {}],
    [
      'OUTSIDE_WINDOW',
      {
        kind: 'lesson',
        record: { ...record, startsAt: '2026-12-18T23:30:00.000Z', localDate: '2026-12-19' },
        findings: [finding('LESSON_OUTSIDE_WINDOW')],
      },
      {},
    ],
    ['GONE', { record: { ...record, absentSince: at, absentRun: 6 } }, {}],
    ['LEFT_OUT', { record: { ...record, standing: 'filtered' } }, {}],
    ['PAUSED', { pause: { reason: 'pause 1: summer', until: at }, links: [link] }, {}],
    ['STOPPED', { stop: { reason: 'maintenance', setAt: at }, links: [link] }, {}],
    ['RUN_FAILED', { lastRun: { number: 8, state: 'failed', code: 'SOURCE_AUTH_REFUSED', at } }, {}],
    ['TRIAL', { mode: 'trial' }, {}],
    ['NO_LESSON', {}, {}],
    [
      'LESSONS_NOT_SENT',
      {},
      { lessons: [{ ...lesson, sent: false, placed: false, code: 'LESSON_WITHOUT_INSTRUCTOR' }] },
    ],
    ['NEXT_RUN', { kind: 'lesson' }, {}],
    ['NOT_AT_TARGET', { links: [{ ...link, state: 'archived' }] }, {}],
    ['UNFINISHED', { links: [link], lastChange: { state: 'sending', operation: 'update', run: 6, at } }, {}],
    ['REJECTED_BY_PERSON', { links: [link], findings: [finding('CHANGE_SUPPRESSED')] }, {}],
    ['MISSING_FROM_LESSONS', { links: [link] }, { lessons: [lesson, { ...lesson, placed: false }] }],
    ['PEOPLE_MISSING', { kind: 'lesson', links: [link] }, { missing: [{ code: null }, { code: 'PERSON_INCOMPLETE' }] }],
    ['ATTENDANCE_STUCK', { links: [link] }, { stuckAttendance: { count: 2, unmapped: 1, nextTryAt: at } }],
    ['AT_TARGET', { links: [link] }, { lessons: [lesson] }],
  ])('%s', (code, given, people) => {
    expect(verdictOf(facts(given), around(people)).code).toBe(code);
  });

  it('puts what concerns the record before what concerns the connection', () => {
    const verdict = verdictOf(
      facts({ stop: { reason: 'x', setAt: at }, findings: [finding('PERSON_INCOMPLETE')] }),
      around(),
    );
    expect(verdict).toMatchObject({ code: 'FINDING', finding: 'PERSON_INCOMPLETE', mover: 'school' });
  });

  it('says of a record at the target whose attendance waits for its reason what to do about that', () => {
    const given = around({ stuckAttendance: { count: 0, unmapped: 1, nextTryAt: null } });
    const verdict = verdictOf(facts({ links: [link] }), given);
    expect(verdict).toMatchObject({ code: 'FINDING', finding: 'ATTENDANCE_REASON_UNMAPPED', mover: 'school' });
  });

  it('takes the gravest of several findings', () => {
    const findings = [finding('LESSON_NOT_CONFIRMED'), finding('GROUP_WITHOUT_MEMBERS'), finding('PERSON_INCOMPLETE')];
    expect(verdictOf(facts({ findings }), around()).finding).toBe('PERSON_INCOMPLETE');
  });

  it('tells the first day on which a lesson is sent by the day at the school', () => {
    const given = facts({
      kind: 'lesson',
      record: { ...record, startsAt: '2026-12-18T23:30:00.000Z', localDate: '2026-12-19' },
      findings: [finding('LESSON_OUTSIDE_WINDOW')],
    });
    expect(verdictOf(given, around()).facts).toEqual({ from: '2026-12-05', to: '2026-12-19' });
  });

  it('says whose move a failed run is by its code, and that an unknown one is ours', () => {
    const failed = (code: string | null) =>
      verdictOf(facts({ lastRun: { number: 8, state: 'failed', code, at } }), around()).mover;
    expect([failed('SOURCE_UNREACHABLE'), failed('no such code'), failed(null)]).toEqual([
      'school',
      'operator',
      'operator',
    ]);
  });

  it('does not miss on a sheet whom the options leave out, or who joins with the next run', () => {
    const missing = [{ code: 'WRONG_DIRECTORY' }, { code: null }];
    expect(verdictOf(facts({ kind: 'lesson', links: [link] }), around({ missing })).code).toBe('AT_TARGET');
  });

  it('does not call a record at the target a problem for what is only to be known', () => {
    expect(verdictOf(facts({ links: [link], findings: [finding('LESSON_CANCELLED')] }), around()).code).toBe(
      'AT_TARGET',
    );
  });
});

const anyFacts: fc.Arbitrary<WhyFacts> = fc
  .record({
    kind: fc.constantFrom('person' as const, 'group' as const, 'lesson' as const),
    mode: fc.constantFrom('trial' as const, 'live' as const),
    stop: fc.option(fc.record({ reason: fc.string(), setAt: fc.constant(at) })),
    lastRun: fc.option(
      fc.record({
        number: fc.nat(),
        state: fc.constantFrom('completed', 'failed', 'lost', 'cancelled'),
        code: fc.option(fc.constantFrom('SOURCE_UNREACHABLE', 'something else')),
        at: fc.constant(at),
      }),
    ),
    window: fc.option(fc.constant({ fromDate: '2026-11-26', toDate: '2026-12-10', readAt: at })),
    record: fc.option(
      fc.record({
        label: fc.string(),
        email: fc.string(),
        standing: fc.constantFrom('valid' as const, 'invalid' as const, 'filtered' as const, 'cancelled' as const),
        startsAt: fc.option(fc.constant(at)),
        localDate: fc.option(fc.constant('2026-12-19')),
        firstSeenAt: fc.constant(at),
        firstRun: fc.option(fc.nat()),
        absentSince: fc.option(fc.constant(at)),
        absentRun: fc.option(fc.nat()),
      }),
    ),
    links: fc.array(
      fc.record({
        kind: fc.constant('learner'),
        targetId: fc.string(),
        state: fc.constantFrom('active', 'archived', 'deleted'),
        owns: fc.boolean(),
      }),
      { maxLength: 2 },
    ),
    findings: fc.array(fc.constantFrom(...Object.keys(findingMeanings), 'UNKNOWN').map(finding), { maxLength: 3 }),
    held: fc.option(
      fc.record({
        hold: fc.nat(),
        operation: fc.constant('delete'),
        state: fc.constantFrom('open' as const, 'approved' as const),
        since: fc.constant(at),
      }),
    ),
    lastChange: fc.option(
      fc.record({
        state: fc.constantFrom('planned', 'sending', 'applied', 'rejected', 'stale', 'void', 'held'),
        operation: fc.constant('update'),
        run: fc.nat(),
        at: fc.constant(at),
      }),
    ),
  })
  .map((given) => facts(given));
const anyAround: fc.Arbitrary<WhyLessons> = fc.record({
  stuckAttendance: fc.record({ count: fc.nat(3), unmapped: fc.nat(2), nextTryAt: fc.option(fc.constant(at)) }),
  missing: fc.array(fc.record({ code: fc.option(fc.constantFrom(...Object.keys(findingMeanings))) }), { maxLength: 3 }),
  lessons: fc.array(
    fc.record({
      label: fc.constant('Droit'),
      startsAt: fc.constant(at),
      placed: fc.boolean(),
      sent: fc.boolean(),
      code: fc.option(fc.constantFrom(...Object.keys(findingMeanings))),
    }),
    { maxLength: 4 },
  ),
});

describe('property: for any facts', () => {
  it('there is a verdict of the closed list, told in every language without a gap', () => {
    fc.assert(
      fc.property(anyFacts, anyAround, (given, people) => {
        const verdict = verdictOf(given, people);
        expect(verdictCodes).toContain(verdict.code);
        for (const language of languages) {
          const text = `${sentenceOf(verdict, { ...telling, language })} ${moveOf(verdict, { ...telling, language })}`;
          expect(text.replace(given.stop?.reason ?? '', '')).not.toMatch(/[{}]|undefined|null|NaN|Invalid/);
          expect(text.length).toBeGreaterThan(20);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('the words', () => {
  it('say the verdict in one sentence, whose move it is, and when it is looked at again', () => {
    const verdict = verdictOf(facts({ findings: [finding('PERSON_INCOMPLETE')] }), around());
    expect(sentenceOf(verdict, telling)).toBe('Last name, first name or a usable e-mail is missing in the source.');
    expect(moveOf(verdict, telling)).toBe(
      'The school’s move. Fill in the missing field of this person in the source. Looked at again in the next run.',
    );
  });

  it('tell when it is looked at again, once that is known', () => {
    const verdict = verdictOf(facts({ findings: [finding('PERSON_INCOMPLETE')] }), around());
    expect(moveOf(verdict, { ...telling, nextRunAt: at })).toMatch(
      /Looked at again in the run of 26 Nov 2026 18:40\.$/,
    );
    expect(moveOf(verdict, { ...telling, nextRunAt: at, language: 'fr' })).toMatch(
      /l’exécution du 26 nov\. 2026 18:40\.$/,
    );
  });

  it('tell times in the zone of the school', () => {
    const verdict = verdictOf(facts({ stop: { reason: 'maintenance', setAt: at }, links: [link] }), around());
    expect(sentenceOf(verdict, telling)).toBe(
      'The connection has been stopped since 26 Nov 2026 18:40 (maintenance); this is not about this record.',
    );
  });

  it('a reply holds the name asked for and nobody else’s', () => {
    const findings = [{ ...finding('GROUP_WITHOUT_MEMBERS'), detail: 'The learner Marc Petit has the same address.' }];
    const verdict = verdictOf(facts({ findings }), around());
    for (const language of languages) {
      const reply = replyOf('Zoé Lefèvre', verdict, { ...telling, language });
      expect(reply).toContain('Zoé Lefèvre');
      expect(reply).not.toContain('Marc');
    }
  });

  it('a reply holds no numbers of ours, no titles, and no words of operators', () => {
    const ours = /secret-reason|Entretien|\b9087\b|SOURCE_|rollcall/;
    const lessons = [{ ...lesson, label: 'Entretien de Marc Petit', placed: false, sent: false }];
    const situations: [Partial<WhyFacts>, Partial<WhyLessons>][] = [
      [{ held: { ...held, hold: 9087, state: 'open' } }, {}],
      [{ held: { ...held, hold: 9087, state: 'approved' } }, {}],
      [{ stop: { reason: 'secret-reason', setAt: at }, links: [link] }, {}],
      [{ lastRun: { number: 9087, state: 'failed', code: 'SOURCE_AUTH_REFUSED', at } }, {}],
      [{ links: [link], lastChange: { state: 'planned', operation: 'update', run: 9087, at } }, {}],
      [{ links: [link], lastGoodRun: { number: 9087, state: 'completed', code: null, at } }, {}],
      [{ links: [link] }, { lessons }],
      [{}, { lessons }],
    ];
    for (const [given, people] of situations) {
      for (const language of languages) {
        const verdict = verdictOf(facts(given), around(people));
        expect(replyOf('Zoé', verdict, { ...telling, language }), verdict.code).not.toMatch(ours);
      }
    }
  });
});
