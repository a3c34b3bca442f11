import { describe, expect, it } from 'vitest';
import { judgeLesson, judgePerson } from '../../roster/rules.ts';
import { lesson, person } from '../support/records.ts';

const everybody = () => true;
const nobody = () => false;
const only =
  (...keys: string[]) =>
  (key: string) =>
    keys.includes(key);

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
    expect(judgeLesson(mixed, only('i2', 'l2'))).toEqual({ standing: 'valid', findings: [] });
  });

  it.each([
    ['has none', [], 'It has no instructor.'],
    ['has one that is not complete', ['i1'], 'None of its 1 instructor is complete.'],
    ['has two that are not complete', ['i1', 'i2'], 'None of its 2 instructors is complete.'],
  ])('is invalid when of instructors it %s', (_, instructorKeys, detail) => {
    const { standing, findings } = judgeLesson(lesson('e1', 30, { instructorKeys }), only('l1'));
    expect(standing).toBe('invalid');
    expect(findings).toMatchObject([{ code: 'LESSON_WITHOUT_INSTRUCTOR', kind: 'lesson', detail }]);
  });

  it.each([
    ['has none', [], 'It has no learner.'],
    ['has two that are not complete', ['l1', 'l2'], 'None of its 2 learners is complete.'],
  ])('is invalid when of learners it %s', (_, learnerKeys, detail) => {
    const { standing, findings } = judgeLesson(lesson('e1', 30, { learnerKeys }), only('i1'));
    expect(standing).toBe('invalid');
    expect(findings).toMatchObject([{ code: 'LESSON_WITHOUT_LEARNER', kind: 'lesson', detail }]);
  });

  it('that lacks both has a finding for each', () => {
    const { findings } = judgeLesson(lesson('e1', 30), nobody);
    expect(findings.map(({ code }) => code)).toEqual(['LESSON_WITHOUT_INSTRUCTOR', 'LESSON_WITHOUT_LEARNER']);
  });

  it('that is cancelled counts as absent, complete or not', () => {
    for (const known of [everybody, nobody]) {
      const { standing, findings } = judgeLesson(lesson('e1', 30, { state: 'cancelled' }), known);
      expect([standing, findings.map(({ code }) => code)]).toEqual(['cancelled', ['LESSON_CANCELLED']]);
    }
  });

  it('that waits for confirmation stays as it is, complete or not', () => {
    for (const known of [everybody, nobody]) {
      const { standing, findings } = judgeLesson(lesson('e1', 30, { state: 'waiting' }), known);
      expect([standing, findings.map(({ code }) => code)]).toEqual(['invalid', ['LESSON_NOT_CONFIRMED']]);
    }
  });
});
