import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LessonRecord, Standing } from '../../roster/records.ts';
import {
  judgeGroup,
  judgeLesson,
  judgePerson,
  judgeRole,
  type LessonPlaces,
  unreadableFinding,
} from '../../roster/rules.ts';
import { lessonWindow } from '../../roster/window.ts';
import { group, lesson, person } from '../support/records.ts';

const window = lessonWindow(new Date().toISOString(), 14, 'Europe/Paris');

/** How the people of a lesson stand when only these are complete. */
function places(lesson: LessonRecord, complete: readonly string[]): LessonPlaces {
  const standings = (keys: readonly string[]) => keys.map((key) => (complete.includes(key) ? 'valid' : 'invalid'));
  return { instructors: standings(lesson.instructorKeys), learners: standings(lesson.learnerKeys) };
}

const judge = (lesson: LessonRecord, ...complete: string[]) => judgeLesson(lesson, places(lesson, complete), window);

describe('a person', () => {
  it('is valid with both names and an address, phone or not', () => {
    expect(judgePerson(person('1'))).toEqual({ standing: 'valid', findings: [] });
    expect(judgePerson(person('1', { phone: '+33 1 23 45 67 89' })).standing).toBe('valid');
  });

  it.each([
    ['familyName', 'has no last name'],
    ['givenName', 'has no first name'],
    ['email', 'has no e-mail'],
  ] as const)('without %s is invalid, and the finding says so and where', (field, words) => {
    const { standing, findings } = judgePerson(person('1', { [field]: '', place: { part: 'page 2', line: 17 } }));
    expect(standing).toBe('invalid');
    expect(findings).toEqual([
      {
        code: 'PERSON_INCOMPLETE',
        kind: 'person',
        syncKey: '1',
        detail: `This person ${words} (page 2, position 17).`,
      },
    ]);
  });

  it('with several fields missing has one finding that names them all', () => {
    const { findings } = judgePerson(person('1', { familyName: '', givenName: '', email: '' }));
    expect(findings.map(({ detail }) => detail)).toEqual([
      'This person has no last name and has no first name and has no e-mail (test, position 1).',
    ]);
  });

  it.each(['plain', '@school.example', 'a@', 'a@school', 'a b@school.example', 'a@b@school.example'])(
    'with the e-mail "%s" is invalid',
    (email) => {
      const { standing, findings } = judgePerson(person('1', { email }));
      expect(standing).toBe('invalid');
      expect(findings[0]?.detail).toContain('has an e-mail that is not an address');
    },
  );

  it.each(['a@school.example', "o'neil+tag@mail.school.example", 'élève@école.example'])(
    'with the e-mail "%s" is valid',
    (email) => {
      expect(judgePerson(person('1', { email })).standing).toBe('valid');
    },
  );

  it('is never quoted in a finding: no name and no address', () => {
    const { findings } = judgePerson(person('1', { familyName: 'Secretname', givenName: '', email: 'secret address' }));
    expect(findings[0]?.detail).not.toMatch(/secret/i);
  });
});

describe('a lesson', () => {
  it('is valid with one valid instructor and one valid learner among others that are not', () => {
    const mixed = lesson('e1', 30, { instructorKeys: ['i1', 'i2'], learnerKeys: ['l1', 'l2'] });
    expect(judge(mixed, 'i2', 'l2')).toEqual({ standing: 'valid', findings: [] });
  });

  it.each([
    ['has none', [], 'It has no instructor.'],
    ['has one that is not complete', ['i1'], 'None of its 1 instructor can be sent.'],
    ['has two that are not complete', ['i1', 'i2'], 'None of its 2 instructors can be sent.'],
  ])('is invalid when of instructors it %s', (_, instructorKeys, detail) => {
    const { standing, findings } = judge(lesson('e1', 30, { instructorKeys }), 'l1');
    expect(standing).toBe('invalid');
    expect(findings).toMatchObject([{ code: 'LESSON_WITHOUT_INSTRUCTOR', kind: 'lesson', detail }]);
  });

  it.each([
    ['has none', [], 'It has no learner.'],
    ['has two that are not complete', ['l1', 'l2'], 'None of its 2 learners can be sent.'],
  ])('is invalid when of learners it %s', (_, learnerKeys, detail) => {
    const { standing, findings } = judge(lesson('e1', 30, { learnerKeys }), 'i1');
    expect(standing).toBe('invalid');
    expect(findings).toMatchObject([{ code: 'LESSON_WITHOUT_LEARNER', kind: 'lesson', detail }]);
  });

  it('that lacks both has a finding for each', () => {
    const { findings } = judge(lesson('e1', 30));
    expect(findings.map(({ code }) => code)).toEqual(['LESSON_WITHOUT_INSTRUCTOR', 'LESSON_WITHOUT_LEARNER']);
  });

  it('that is cancelled counts as absent, complete or not', () => {
    for (const complete of [['i1', 'l1'], []]) {
      const { standing, findings } = judge(lesson('e1', 30, { state: 'cancelled' }), ...complete);
      expect([standing, findings.map(({ code }) => code)]).toEqual(['cancelled', ['LESSON_CANCELLED']]);
    }
  });

  it('that waits for confirmation stays as it is, complete or not', () => {
    for (const complete of [['i1', 'l1'], []]) {
      const { standing, findings } = judge(lesson('e1', 30, { state: 'waiting' }), ...complete);
      expect([standing, findings.map(({ code }) => code)]).toEqual(['invalid', ['LESSON_NOT_CONFIRMED']]);
    }
  });

  it('beyond the window stays as it is, and says from when it is visible', () => {
    const december = lessonWindow('2026-11-25T08:00:00Z', 14, 'Europe/Paris');
    const late = lesson('e1', 30, { localDate: '2026-12-19' });
    const { standing, findings } = judgeLesson(late, { instructors: ['valid'], learners: ['valid'] }, december);
    expect(standing).toBe('invalid');
    expect(findings).toMatchObject([
      { code: 'LESSON_OUTSIDE_WINDOW', detail: 'It is on 19 December 2026; visible from 5 December 2026.' },
    ]);
  });

  it('on the last day of the window is in it', () => {
    expect(judge(lesson('e1', 30, { localDate: window.toDate }), 'i1', 'l1').standing).toBe('valid');
  });

  it.each([
    ['has no readable end', { endsAt: '' }],
    ['ends before it starts', { endsAt: '2020-01-01T08:00:00.000Z' }],
  ])('that %s is invalid', (words, given) => {
    const { standing, findings } = judge(lesson('e1', 30, given), 'i1', 'l1');
    expect(standing).toBe('invalid');
    expect(findings).toMatchObject([{ code: 'LESSON_TIMES_INVALID', detail: `It ${words}.` }]);
  });

  it('without a title is invalid', () => {
    expect(judge(lesson('e1', 30, { title: '' }), 'i1', 'l1')).toMatchObject({
      standing: 'invalid',
      findings: [{ code: 'LESSON_WITHOUT_TITLE' }],
    });
  });

  const standings: Standing[] = ['valid', 'invalid', 'filtered'];
  it('property: counts as absent only when a whole role is left out by directories, and is sent only with both', () => {
    const some = fc.array(fc.constantFrom(...standings), { maxLength: 4 });
    fc.assert(
      fc.property(some, some, (instructors, learners) => {
        const { standing, findings } = judgeLesson(lesson('e1', 30), { instructors, learners }, window);
        const leftOut = [instructors, learners].some((of) => of.length > 0 && of.every((s) => s === 'filtered'));
        const complete = instructors.includes('valid') && learners.includes('valid');
        expect(standing).toBe(leftOut ? 'filtered' : complete ? 'valid' : 'invalid');
        expect(findings.length > 0).toBe(standing !== 'valid');
      }),
    );
  });
});

describe('a role in a directory', () => {
  const filter = { learner: ['11', '12'] };

  it('takes everybody where nothing is chosen', () => {
    expect(judgeRole(person('1', { directory: '99' }), 'instructor', filter).standing).toBe('valid');
  });

  it('takes those of the chosen directories and leaves out the others, and those in none', () => {
    expect(judgeRole(person('1', { directory: '12' }), 'learner', filter)).toEqual({ standing: 'valid', findings: [] });
    for (const [directory, where] of [
      ['13', 'in directory 13'],
      ['', 'in no directory'],
    ] as const) {
      const { standing, findings } = judgeRole(person('1', { directory }), 'learner', filter);
      expect(standing).toBe('filtered');
      expect(findings).toMatchObject([
        {
          code: 'WRONG_DIRECTORY',
          kind: 'learner',
          detail: `As learner: ${where}; the connection takes directories 11, 12.`,
        },
      ]);
    }
  });

  it('leaves out an incomplete person of another directory: nothing of theirs is to be corrected', () => {
    expect(judgeRole(person('1', { directory: '13', email: '' }), 'learner', filter).standing).toBe('filtered');
  });
});

describe('a group', () => {
  it('is valid with a name and a learner', () => {
    expect(judgeGroup(group('g1'), {})).toEqual({ standing: 'valid', findings: [] });
  });

  it('without a name, or without learners, is told', () => {
    const codes = (given: object) => judgeGroup(group('g1', given), {}).findings.map(({ code }) => code);
    expect(codes({ title: '' })).toEqual(['GROUP_WITHOUT_NAME']);
    expect(codes({ memberKeys: [] })).toEqual(['GROUP_WITHOUT_MEMBERS']);
    expect(codes({ title: '', memberKeys: [] })).toEqual(['GROUP_WITHOUT_NAME', 'GROUP_WITHOUT_MEMBERS']);
  });

  it('of another directory is left out', () => {
    expect(judgeGroup(group('g1', { directory: '15' }), { group: ['14'] })).toMatchObject({
      standing: 'filtered',
      findings: [
        { code: 'WRONG_DIRECTORY', detail: 'The group is in directory 15; the connection takes directory 14.' },
      ],
    });
  });
});

it('a row without a readable key is told by its place, without its content', () => {
  const place = { part: 'page 3', line: 7 };
  expect(unreadableFinding({ kind: 'unreadable', of: 'lesson', field: 'start', place })).toEqual({
    code: 'RECORD_UNREADABLE',
    kind: 'lesson',
    syncKey: 'page 3:7',
    detail: 'The start of this lesson cannot be read (page 3, position 7).',
  });
});
