import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import {
  clockChangeMinutes,
  localTimes,
  momentsBetween,
  nightlyWindow,
  readWindow,
  type Schedule,
  ScheduleError,
  usualWindows,
} from '../../roster/schedule.ts';

const paris = 'Europe/Paris';
const twiceADay: Schedule = { zone: paris, windows: usualWindows };

/** Local times of the moments between two instants. */
function moments(schedule: Schedule, slot: number, from: string, to: string): string[] {
  const times = localTimes(schedule, slot);
  return momentsBetween(times, schedule.zone, DateTime.fromISO(from), DateTime.fromISO(to)).map((moment) =>
    moment.toFormat("yyyy-MM-dd'T'HH:mm:ss ZZ"),
  );
}

describe('windows of the day', () => {
  it('give every connection one moment in each, the same every day', () => {
    const [noon, evening] = localTimes(twiceADay, 0);
    expect(noon).toMatchObject({ hours: [11], minutes: [0], seconds: [0] });
    expect(evening).toMatchObject({ hours: [18], minutes: [0], seconds: [0] });
    expect(moments(twiceADay, 0, '2026-11-26T00:00:00+01:00', '2026-11-28T00:00:00+01:00')).toEqual([
      '2026-11-26T11:00:00 +01:00',
      '2026-11-26T18:00:00 +01:00',
      '2026-11-27T11:00:00 +01:00',
      '2026-11-27T18:00:00 +01:00',
    ]);
  });

  it('spread a thousand connections evenly: every minute of the window has eight to ten of them', () => {
    const minutes = Array.from({ length: 1000 }, (_, slot) => {
      const [noon] = localTimes(twiceADay, slot);
      return (noon?.hours[0] ?? 0) * 60 + (noon?.minutes[0] ?? 0);
    });
    expect(Math.min(...minutes)).toBeGreaterThanOrEqual(11 * 60);
    expect(Math.max(...minutes)).toBeLessThan(13 * 60);
    const counts = Array.from({ length: 120 }, (_, n) => minutes.filter((minute) => minute === 11 * 60 + n).length);
    expect([Math.min(...counts), Math.max(...counts)]).toEqual([8, 10]);
  });

  it('lie within the window whatever the slot, and never in an hour of a clock change', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.constantFrom('Europe/Paris', 'Europe/Stockholm', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'),
        fc.constantFrom('01:00-05:00', '22:00-04:30', '11:00-13:00', '00:00-24:00'),
        (slot, zone, window) => {
          const [times] = localTimes({ zone, windows: [window] }, slot);
          const minute = (times?.hours[0] ?? 0) * 60 + (times?.minutes[0] ?? 0);
          const { from, to } = readWindow(window);
          expect([minute, minute + 1440].some((at) => at >= from && at < to)).toBe(true);
          expect(clockChangeMinutes(zone).some((change) => minute >= change.from && minute < change.to)).toBe(false);
        },
      ),
    );
  });

  it.each(['2026-03-29', '2026-10-25'])('come once on the day of a clock change, %s', (day) => {
    for (const windows of [usualWindows, [nightlyWindow], ['23:30-03:30']]) {
      for (let slot = 0; slot < 200; slot += 1) {
        const start = DateTime.fromISO(day, { zone: paris });
        const end = start.plus({ days: 1 });
        const found = moments({ zone: paris, windows }, slot, start.toISO() ?? '', end.toISO() ?? '');
        expect(found.length).toBe(windows.length);
      }
    }
  });

  it('keep their local time over both clock changes', () => {
    const spring = moments(twiceADay, 7, '2026-03-28T12:00:00Z', '2026-03-30T12:00:00Z');
    expect(new Set(spring.map((text) => text.slice(11, 19))).size).toBe(2);
    expect(spring.map((text) => text.slice(20))).toEqual(['+01:00', '+02:00', '+02:00', '+02:00']);
    const autumn = moments(twiceADay, 7, '2026-10-24T12:00:00Z', '2026-10-26T12:00:00Z');
    expect(new Set(autumn.map((text) => text.slice(11, 19))).size).toBe(2);
    expect(autumn.map((text) => text.slice(20))).toEqual(['+02:00', '+01:00', '+01:00', '+01:00']);
  });

  it.each([
    ['11:00', 'is not a window of the day'],
    ['11:00-11:00', 'is not a window of the day'],
    ['11:00-25:00', 'is not a window of the day'],
    ['11:70-12:00', 'is not a window of the day'],
    ['02:00-03:00', 'lies within the hours in which the clock is changed (02:00-03:00)'],
  ])('refuse %s', (window, why) => {
    const read = () => localTimes({ zone: paris, windows: [window] }, 0);
    expect(read).toThrow(ScheduleError);
    expect(read).toThrow(why);
  });
});

describe('hours of clock changes', () => {
  it.each([
    ['Europe/Paris', [{ from: 120, to: 180 }]],
    ['Europe/Helsinki', [{ from: 180, to: 240 }]],
    ['Europe/Lisbon', [{ from: 60, to: 120 }]],
    ['Asia/Kolkata', []],
    ['UTC', []],
  ])('of %s', (zone, expected) => {
    expect(clockChangeMinutes(zone)).toEqual(expected);
  });

  it('of America/New_York are skipped at two and repeated at one', () => {
    expect(clockChangeMinutes('America/New_York')).toEqual(
      expect.arrayContaining([
        { from: 120, to: 180 },
        { from: 60, to: 120 },
      ]),
    );
  });
});

describe('cron expressions', () => {
  it('are read in the zone', () => {
    expect(
      moments({ zone: paris, cron: ['30 6 * * 1-5'] }, 3, '2026-11-27T00:00:00+01:00', '2026-12-01T00:00:00+01:00'),
    ).toEqual(['2026-11-27T06:30:00 +01:00', '2026-11-30T06:30:00 +01:00']);
    expect(
      moments({ zone: paris, cron: ['0 4 1 * *'] }, 3, '2026-11-27T00:00:00+01:00', '2027-01-02T00:00:00+01:00'),
    ).toEqual(['2026-12-01T04:00:00 +01:00', '2027-01-01T04:00:00 +01:00']);
  });

  it.each([
    ['30 6 * *', 'five fields'],
    ['0 30 6 * * *', 'five fields'],
    ['61 6 * * *', 'is not a cron expression'],
    ['30 2 * * *', 'when the clock is changed'],
    ['0 * * * *', 'when the clock is changed'],
    ['0 6 L * *', 'L, W and # are not known here'],
    ['0 6 1 * 1', 'name one of the two'],
  ])('refuse %s', (cron, why) => {
    const read = () => localTimes({ zone: paris, cron: [cron] }, 0);
    expect(read).toThrow(ScheduleError);
    expect(read).toThrow(why);
  });
});
