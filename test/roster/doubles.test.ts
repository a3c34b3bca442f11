import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Claimant, decideDoubles, doubleFinding, emailKey } from '../../roster/doubles.ts';

const claimant = (syncKey: string, given: Partial<Claimant> = {}): Claimant => ({
  syncKey,
  role: 'instructor',
  email: 'anne.roy@school.example',
  linked: false,
  ...given,
});

describe('two people with one e-mail address', () => {
  it('leave it to the lowest identifier, by value', () => {
    expect(decideDoubles([claimant('100'), claimant('99')])).toEqual([
      { syncKey: '100', role: 'instructor', winner: '99' },
    ]);
  });

  it('leave it to whoever is at the target already, in any letter case', () => {
    const lost = decideDoubles([claimant('1'), claimant('2', { linked: true, email: ' Anne.Roy@SCHOOL.example' })]);
    expect(lost).toEqual([{ syncKey: '1', role: 'instructor', winner: '2' }]);
  });

  it('both keep it where one teaches and the other learns: those are two objects', () => {
    expect(decideDoubles([claimant('1'), claimant('2', { role: 'learner' })])).toEqual([]);
  });

  it('are told who keeps the address, without the address', () => {
    expect(doubleFinding({ syncKey: '2', role: 'learner', winner: '1' })).toEqual({
      code: 'DUPLICATE_LEARNER_EMAIL',
      kind: 'learner',
      syncKey: '2',
      detail: 'The learner 1 has the same e-mail address and keeps it.',
    });
  });
});

it('property: one keeps each address, linked ones are never turned away, and the order of the source does not matter', () => {
  const some = fc.uniqueArray(
    fc.record({
      syncKey: fc.integer({ min: 1, max: 40 }).map(String),
      role: fc.constantFrom('instructor' as const, 'learner' as const),
      email: fc.constantFrom('a@x.example', 'A@x.example ', 'b@x.example'),
      linked: fc.boolean(),
    }),
    { selector: ({ syncKey, role }) => `${role} ${syncKey}` },
  );
  fc.assert(
    fc.property(some, fc.infiniteStream(fc.integer()), (claimants, random) => {
      const lost = decideDoubles(claimants);
      const isLost = (c: Claimant) => lost.some((l) => l.syncKey === c.syncKey && l.role === c.role);
      for (const c of claimants) {
        const sharing = claimants.filter((o) => o.role === c.role && emailKey(o.email) === emailKey(c.email));
        const keeping = sharing.filter((o) => !isLost(o));
        expect(keeping.length).toBe(Math.max(1, sharing.filter((o) => o.linked).length));
        if (c.linked) expect(isLost(c)).toBe(false);
      }
      const shuffled = [...claimants].sort(() => (random.next().value ?? 0) % 2);
      const named = (of: typeof lost) => of.map((l) => `${l.role} ${l.syncKey} ${l.winner}`).sort();
      expect(named(decideDoubles(shuffled))).toEqual(named(lost));
    }),
  );
});
