import { describe, expect, it } from 'vitest';
import { holidayCountries, isHolidayPlace, publicHolidays } from '../../roster/holidays.ts';

const names = (place: string, year: number) =>
  Object.fromEntries(publicHolidays(place, year).map(({ date, name }) => [date, name]));

describe('public holidays', () => {
  it.each([
    ['FR', '2026-07-14'],
    ['FR', '2026-05-14'],
    ['SE', '2026-06-06'],
    ['NO', '2026-05-17'],
    ['DK', '2026-12-25'],
    ['FI', '2026-12-06'],
    ['US', '2026-11-26'],
    ['US', '2026-07-03'],
  ])('of %s know %s', (country, date) => {
    expect(Object.keys(names(country, 2026))).toContain(date);
  });

  it('leave out days that are no holidays there', () => {
    expect(names('SE', 2026)).not.toHaveProperty('2026-07-14');
    expect(names('DK', 2026)).not.toHaveProperty('2026-05-17');
  });

  it('know every country that is promised, and refuse others', () => {
    expect([...holidayCountries].sort()).toEqual(['DK', 'FI', 'FR', 'NO', 'SE', 'US']);
    for (const country of holidayCountries) expect(publicHolidays(country, 2027).length).toBeGreaterThan(5);
    expect(isHolidayPlace('US-CA')).toBe(true);
    expect(isHolidayPlace('US-XX')).toBe(false);
    expect(isHolidayPlace('DE')).toBe(false);
  });
});
