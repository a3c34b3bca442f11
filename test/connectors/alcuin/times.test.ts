import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { readInstant } from '../../../connectors/alcuin/times.ts';

const paris = 'Europe/Paris';

describe('the time of an event', () => {
  it.each([
    ['with an offset', '2026-11-02T08:30:00+01:00', '2026-11-02T07:30:00.000Z'],
    ['with another offset', '2026-11-02T08:30+0400', '2026-11-02T04:30:00.000Z'],
    ['in UTC', '2026-11-02T08:30:00.000Z', '2026-11-02T08:30:00.000Z'],
    ['as wall-clock time in winter', '2026-11-02T08:30:00', '2026-11-02T07:30:00.000Z'],
    ['as wall-clock time in summer', '2026-07-02 08:30', '2026-07-02T06:30:00.000Z'],
    ['as the agenda writes it', '02/11/2026 08h30', '2026-11-02T07:30:00.000Z'],
    ['as the grid writes it, with a non-breaking space', '02/11/2026\u00a008H30', '2026-11-02T07:30:00.000Z'],
    ['before the clock goes forward', '2026-03-29T01:30', '2026-03-29T00:30:00.000Z'],
    ['after the clock went forward', '2026-03-29T03:30', '2026-03-29T01:30:00.000Z'],
    ['in the hour that does not exist', '2026-03-29T02:30', '2026-03-29T01:30:00.000Z'],
    ['in the hour that comes twice, the first one', '2026-10-25T02:30', '2026-10-25T00:30:00.000Z'],
    ['in the hour that comes twice, as the agenda writes it', '25/10/2026 02h30', '2026-10-25T00:30:00.000Z'],
    ['in the hour that comes twice, with its offset', '2026-10-25T02:30:00+01:00', '2026-10-25T01:30:00.000Z'],
    ['after the clock went back', '2026-10-25T03:30', '2026-10-25T02:30:00.000Z'],
  ])('is read %s', (_, text, instant) => {
    expect(readInstant(text, paris)).toBe(instant);
  });

  it.each([
    '',
    ' ',
    '2026-11-02',
    '31/02/2026 08h30',
    '2026-02-30T08:30',
    '08h30',
    '0001-01-01T00:00:00',
    'x',
    null,
    8,
    {},
  ])('is not %j', (value) => {
    expect(readInstant(value, paris)).toBeUndefined();
  });

  it('keeps the wall clock of every minute of the two days on which it changes', () => {
    const minute = fc.record({
      day: fc.constantFrom('2026-03-29', '2026-10-25'),
      hour: fc.constantFrom(0, 1, 3, 4, 8, 12, 23),
      minute: fc.integer({ min: 0, max: 59 }),
    });
    fc.assert(
      fc.property(minute, ({ day, hour, minute }) => {
        const text = `${day}T${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
        const read = DateTime.fromISO(readInstant(text, paris) ?? '', { zone: paris });
        expect(read.toFormat("yyyy-MM-dd'T'HH:mm")).toBe(text);
      }),
    );
  });

  it('never fails, and gives nothing but instants of our own form', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const read = readInstant(value, paris);
        expect(read === undefined || new Date(read).toISOString() === read).toBe(true);
      }),
    );
  });
});
