import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { lessonWindow, trailingWindow } from '../../roster/window.ts';

const dayMs = 86_400_000;
const length = ({ fromInstant, toInstant }: { fromInstant: string; toInstant: string }) =>
  Date.parse(toInstant) - Date.parse(fromInstant);

describe('the window of lessons', () => {
  it('is today and so many days more, both ends included', () => {
    expect(lessonWindow('2026-09-01T10:00:00Z', 14, 'Europe/Paris')).toEqual({
      fromDate: '2026-09-01',
      toDate: '2026-09-15',
      fromInstant: '2026-08-31T22:00:00.000Z',
      toInstant: '2026-09-15T22:00:00.000Z',
      zone: 'Europe/Paris',
    });
  });

  it('is one whole day when no further day is asked for', () => {
    const window = lessonWindow('2026-09-01T10:00:00Z', 0, 'Europe/Paris');
    expect([window.fromDate, window.toDate, length(window)]).toEqual(['2026-09-01', '2026-09-01', dayMs]);
  });

  it('begins with the date of the school, not of UTC', () => {
    expect(lessonWindow('2026-09-01T22:30:00Z', 1, 'Europe/Paris').fromDate).toBe('2026-09-02');
    expect(lessonWindow('2026-09-01T22:30:00Z', 1, 'America/New_York').fromDate).toBe('2026-09-01');
    expect(lessonWindow('2026-09-01T12:30:00Z', 1, 'Pacific/Auckland').fromDate).toBe('2026-09-02');
  });

  it('is an hour shorter over the clock change in spring and an hour longer over the one in autumn', () => {
    const spring = lessonWindow('2026-03-29T10:00:00Z', 0, 'Europe/Paris');
    expect(spring).toMatchObject({ fromInstant: '2026-03-28T23:00:00.000Z', toInstant: '2026-03-29T22:00:00.000Z' });
    const autumn = lessonWindow('2026-10-25T10:00:00Z', 0, 'Europe/Paris');
    expect(autumn).toMatchObject({ fromInstant: '2026-10-24T22:00:00.000Z', toInstant: '2026-10-25T23:00:00.000Z' });
    const across = lessonWindow('2026-10-20T10:00:00Z', 14, 'Europe/Paris');
    expect(across).toMatchObject({ toDate: '2026-11-03', toInstant: '2026-11-03T23:00:00.000Z' });
  });

  it('ends at midnight where today has none, because the clock changes at midnight', () => {
    // Cairo has no 00:00 on 24 April 2026: its day begins at 01:00.
    expect(lessonWindow('2026-04-24T10:00:00Z', 3, 'Africa/Cairo')).toMatchObject({
      fromDate: '2026-04-24',
      fromInstant: '2026-04-23T22:00:00.000Z',
      toDate: '2026-04-27',
      toInstant: '2026-04-27T21:00:00.000Z',
    });
    expect(trailingWindow('2026-04-24T10:00:00Z', 3, 'Africa/Cairo')).toMatchObject({
      fromDate: '2026-04-21',
      fromInstant: '2026-04-20T22:00:00.000Z',
      toInstant: '2026-04-24T21:00:00.000Z',
    });
  });

  it('holds every instant of its first and last date and none of the dates beside them', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('2025-01-01'), max: new Date('2030-12-31'), noInvalidDate: true }),
        fc.integer({ min: 0, max: 365 }),
        fc.constantFrom('Europe/Paris', 'Europe/Stockholm', 'Africa/Cairo', 'Asia/Kolkata', 'Pacific/Auckland', 'UTC'),
        (asOf, days, zone) => {
          const window = lessonWindow(asOf.toISOString(), days, zone);
          const dateOf = (instant: string, ms: number) =>
            DateTime.fromMillis(Date.parse(instant) + ms, { zone }).toISODate();
          expect(dateOf(window.fromInstant, 0)).toBe(window.fromDate);
          expect(dateOf(window.fromInstant, -1)).not.toBe(window.fromDate);
          expect(dateOf(window.toInstant, -1)).toBe(window.toDate);
          expect(dateOf(window.toInstant, 0)).not.toBe(window.toDate);
          expect((Date.parse(window.toDate) - Date.parse(window.fromDate)) / dayMs).toBe(days);
        },
      ),
    );
  });
});

describe('the trailing window of attendance', () => {
  it('is so many days back and today, both ends included', () => {
    expect(trailingWindow('2026-11-03T10:00:00Z', 14, 'Europe/Paris')).toEqual({
      fromDate: '2026-10-20',
      toDate: '2026-11-03',
      fromInstant: '2026-10-19T22:00:00.000Z',
      toInstant: '2026-11-03T23:00:00.000Z',
      zone: 'Europe/Paris',
    });
  });

  it('meets the window ahead in today', () => {
    const asOf = '2026-11-03T23:30:00Z';
    expect(trailingWindow(asOf, 14, 'Europe/Paris').toDate).toBe(lessonWindow(asOf, 14, 'Europe/Paris').fromDate);
  });
});
