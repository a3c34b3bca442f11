import { describe, expect, it } from 'vitest';
import { answerFor, type Calendar, judgeMoment, type PauseFact, type TimeFacts } from '../../roster/calendar.ts';
import { comingRuns, lastDue, nextRun } from '../../roster/coming-runs.ts';
import { usualWindows } from '../../roster/schedule.ts';

const facts = (given: Partial<TimeFacts> & { calendar?: Calendar } = {}): TimeFacts => ({
  zone: 'Europe/Paris',
  calendar: {},
  runsOnSchoolFreeDays: false,
  pauses: [],
  ...given,
});
const pause = (given: Partial<PauseFact> = {}): PauseFact => ({
  number: 3,
  cause: 'summer',
  effect: 'no-runs',
  school: null,
  reason: 'summer holidays',
  startsAt: '2027-07-02T22:00:00Z',
  endsAt: '2027-08-29T22:00:00Z',
  ...given,
});
const unattended = { unattended: true };
const asked = { unattended: false };

describe('a moment without anything said of it', () => {
  it('is free', () => {
    const verdict = judgeMoment(facts(), '2026-11-26T10:00:00Z');
    expect(verdict).toEqual({ down: null, up: null, unattended: null, waits: [] });
    expect(answerFor(verdict, unattended)).toEqual({ answer: 'all', because: null });
  });
});

describe('a planned pause', () => {
  const paused = facts({ pauses: [pause()] });

  it('lets runs by schedule bring attendance only, and refuses people whole', () => {
    const verdict = judgeMoment(paused, '2027-07-14T10:00:00Z');
    const because = { code: 'PAUSED', name: 'pause 3: summer holidays', until: '2027-08-29T22:00:00Z' };
    expect(answerFor(verdict, unattended)).toEqual({ answer: 'attendance-only', because });
    expect(answerFor(verdict, asked)).toEqual({ answer: 'nothing', because });
  });

  it.each([
    ['2027-07-02T21:59:59Z', 'all'],
    ['2027-07-02T22:00:00Z', 'attendance-only'],
    ['2027-08-29T21:59:59Z', 'attendance-only'],
    ['2027-08-29T22:00:00Z', 'all'],
  ])('begins and ends to the second: %s is %s', (at, answer) => {
    expect(answerFor(judgeMoment(paused, at), unattended).answer).toBe(answer);
  });

  it('and an incident do not hide each other: the incident stops attendance, and its end leaves the pause', () => {
    const incident = pause({ number: 4, cause: 'incident', reason: 'wrong file', startsAt: '2027-07-10T08:00:00Z' });
    const both = facts({ pauses: [pause(), { ...incident, endsAt: '2027-07-11T08:00:00Z' }] });
    const during = judgeMoment(both, '2027-07-10T12:00:00Z');
    expect(during.down?.name).toBe('pause 4: wrong file');
    expect(during.up?.name).toBe('pause 4: wrong file');
    expect(answerFor(during, unattended).answer).toBe('nothing');
    expect(answerFor(judgeMoment(both, '2027-07-11T08:00:00Z'), unattended).because?.name).toBe(
      'pause 3: summer holidays',
    );
  });

  it('of one school lets the rest go on: only its changes wait', () => {
    const verdict = judgeMoment(facts({ pauses: [pause({ school: 'S1' })] }), '2027-07-14T10:00:00Z');
    expect(answerFor(verdict, asked).answer).toBe('all');
    expect(verdict.waits).toEqual([
      { name: 'pause 3: summer holidays', until: '2027-08-29T22:00:00Z', schools: ['S1'], passes: 'nothing' },
    ]);
  });

  it.each([
    ['add-only', 'inserts'],
    ['add-and-update', 'inserts-and-updates'],
  ] as const)('that is %s lets runs go on, and %s pass', (effect, passes) => {
    const verdict = judgeMoment(facts({ pauses: [pause({ effect })] }), '2027-07-14T10:00:00Z');
    expect(verdict.down).toBeNull();
    expect(verdict.waits).toMatchObject([{ passes, schools: null }]);
  });

  it('with an open end lasts', () => {
    const verdict = judgeMoment(facts({ pauses: [pause({ endsAt: null })] }), '2030-01-01T00:00:00Z');
    expect(verdict.down).toMatchObject({ code: 'PAUSED', until: null });
  });
});

describe('a calendar', () => {
  const calendar: Calendar = {
    publicHolidays: 'FR',
    schoolFreeWeekdays: [6, 7],
    schoolFree: [{ name: 'Noël', from: '2026-12-19', to: '2027-01-03' }],
    blackouts: [{ name: 'move of the servers', from: '2026-12-09T20:00', to: '2026-12-10T06:00' }],
    addOnly: [{ name: 'inventory', from: '2026-12-01', to: '2026-12-03' }],
    testing: [{ name: 'mock exams', from: '2026-12-07', to: '2026-12-08', schools: ['S2'] }],
  };
  const on = (at: string) => judgeMoment(facts({ calendar }), at);

  it.each([
    ['2026-11-11T10:00:00Z', 'Armistice 1918'],
    ['2026-11-28T10:00:00Z', 'Saturday'],
    ['2026-12-18T23:00:00Z', 'Noël'],
    ['2027-01-03T22:59:59Z', 'Noël'],
  ])('names why %s is school-free: %s', (at, name) => {
    expect(on(at).unattended).toMatchObject({ code: 'SCHOOL_FREE_DAY', name });
    expect(answerFor(on(at), unattended).answer).toBe('nothing');
    expect(answerFor(on(at), asked).answer).toBe('all');
  });

  it('counts days by the clock of the school', () => {
    expect(on('2026-12-18T22:59:59Z').unattended).toBeNull();
    expect(on('2027-01-03T23:00:00Z').unattended).toBeNull();
  });

  it('is passed over by connections that run on school-free days too', () => {
    const always = facts({ calendar, runsOnSchoolFreeDays: true });
    expect(answerFor(judgeMoment(always, '2026-12-25T10:00:00Z'), unattended).answer).toBe('all');
  });

  it('lets nobody in during a blackout, and no attendance out', () => {
    expect(answerFor(on('2026-12-09T19:00:00Z'), asked)).toEqual({
      answer: 'nothing',
      because: { code: 'BLACKOUT', name: 'move of the servers', until: '2026-12-10T05:00:00.000Z' },
    });
    expect(answerFor(on('2026-12-10T05:00:00Z'), asked).answer).toBe('all');
  });

  it('has changes wait in add-only ranges, and those of a school during its tests', () => {
    expect(on('2026-12-03T22:00:00Z').waits).toEqual([
      { name: 'inventory', until: '2026-12-03T23:00:00.000Z', schools: null, passes: 'inserts' },
    ]);
    expect(on('2026-12-07T10:00:00Z').waits).toEqual([
      { name: 'mock exams', until: '2026-12-08T23:00:00.000Z', schools: ['S2'], passes: 'nothing' },
    ]);
  });
});

describe('coming runs', () => {
  const own = { schedule: { zone: 'Europe/Paris', windows: usualWindows }, slot: 0 };
  const away = facts({
    calendar: { schoolFree: [{ name: 'Noël', from: '2026-12-19', to: '2027-01-03' }] },
    pauses: [pause({ startsAt: '2027-01-03T23:00:00Z', endsAt: '2027-01-05T23:00:00Z' })],
  });

  it('are judged one by one', () => {
    const runs = comingRuns(own, away, '2026-12-18T12:00:00Z', '2027-01-04T12:00:00Z');
    expect(runs.filter(({ answer }) => answer !== 'nothing').map(({ at, answer }) => [at, answer])).toEqual([
      ['2026-12-18T17:00:00.000Z', 'all'],
      ['2027-01-04T10:00:00.000Z', 'attendance-only'],
    ]);
    expect(runs).toHaveLength(34);
  });

  it('say when records next go down, past holidays and pauses', () => {
    expect(nextRun(own, away, '2026-12-18T18:00:00Z')).toBe('2027-01-06T10:00:00.000Z');
    expect(nextRun(own, facts({ pauses: [pause({ endsAt: null })] }), '2027-08-01T00:00:00Z')).toBeUndefined();
  });

  it('say when records should have gone down last', () => {
    expect(lastDue(own, away, '2026-12-17T00:00:00Z', '2027-01-05T12:00:00Z')).toBe('2026-12-18T17:00:00.000Z');
    expect(lastDue(own, away, '2026-12-20T00:00:00Z', '2027-01-05T12:00:00Z')).toBeUndefined();
  });
});
