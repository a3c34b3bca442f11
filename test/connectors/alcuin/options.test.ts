import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { directoriesOf, sourceOptions } from '../../../connectors/alcuin/options.ts';

describe('the options of Alcuin', () => {
  it.each([
    [7, ['7']],
    ['7', ['7']],
    ['7, 8,7 ,', ['7', '8']],
    [
      [7, '8, 9', 7],
      ['7', '8', '9'],
    ],
    ['CL_A', ['CL_A']],
    ['', []],
    [' , ', []],
    [[], []],
    [null, []],
  ])('read the directories %j as %j', (given, ids) => {
    expect(sourceOptions.parse({ annuaireIdProfessors: given }).annuaireIdProfessors).toEqual(ids);
  });

  it.each([7.5, '7;8', '7 8', 'a/b', '..', true, {}, [[7]], [null], '7@8'])('refuse %j for a directory', (given) => {
    expect(sourceOptions.safeParse({ annuaireIdStudentsGroups: given }).success).toBe(false);
  });

  it.each([
    { lookAheadDays: 61 },
    { lookAheadDays: -1 },
    { useProxy: 'yes' },
    { groupes: true },
    { motifs: { 4: '' } },
    { motifs: { '': 'MAL' } },
    { annuaireIdTeachers: 4 },
  ])('refuse %j', (given) => {
    expect(sourceOptions.safeParse(given).success).toBe(false);
  });

  it('take the learners of both kinds of training, and everybody where nothing is set', () => {
    const of = (given: object) => directoriesOf(sourceOptions.parse(given));
    expect(of({})).toEqual({});
    expect(of({ annuaireIdInitialStudents: '', annuaireIdProfessors: null })).toEqual({});
    expect(of({ annuaireIdInitialStudents: 2, annuaireIdContinuousStudents: '3,2' })).toEqual({ learner: ['2', '3'] });
    expect(of({ annuaireIdContinuousStudents: 3 })).toEqual({ learner: ['3'] });
    expect(of({ annuaireIdProfessors: 4, annuaireIdStudentsGroups: [5] })).toEqual({ instructor: ['4'], group: ['5'] });
  });

  it('mean the same when they are read again, however the directories were written', () => {
    const id = fc.integer({ min: 0, max: 99 });
    const written = fc.array(
      fc.oneof(
        id,
        id.map(String),
        fc.array(id).map((ids) => ids.join(' , ')),
      ),
    );
    fc.assert(
      fc.property(written, (annuaireIdInitialStudents) => {
        const once = sourceOptions.parse({ annuaireIdInitialStudents });
        const text = sourceOptions.parse({ annuaireIdInitialStudents: annuaireIdInitialStudents.join(',') });
        expect(sourceOptions.parse(once)).toEqual(once);
        expect(text).toEqual(once);
      }),
    );
  });
});
