import { describe, expect, it } from 'vitest';
import { openEdusign } from '../../../connectors/edusign/target.ts';
import type { Access, Check } from '../../../roster/contracts.ts';
import { RollcallError } from '../../../roster/errors.ts';
import { lessonWindow } from '../../../roster/window.ts';
import { collect, failureOf, testAccess } from '../doubles/access.ts';
import type { Fields } from '../doubles/edusign-double.ts';
import { edusignForFile } from '../doubles/edusign-for-file.ts';

const window = lessonWindow('2026-11-02T06:00:00.000Z', 14, 'Europe/Paris');
const { double, url } = edusignForFile();

function check(options: Fields = {}, changes: Partial<Access> = {}): Promise<Check[]> {
  return collect(openEdusign(testAccess({ settings: { url: url() }, options, ...changes })).check(window));
}

const states = (lines: readonly Check[]) => lines.map(({ subject, state }) => `${subject}: ${state}`);
const line = (lines: readonly Check[], subject: string) => lines.find((each) => each.subject === subject);

function sheet(ID: string, API_ID: string, API_TYPE: string): void {
  double.courses.set(ID, { ID, START: '2026-11-03T07:30:00.000Z', NAME: 'Zoé Martin', API_ID, API_TYPE });
}

describe('the check of Edusign', () => {
  it('has a line for each credential, right and setting, with small requests that write nothing', async () => {
    double.reasons = [{ ID: 12, NAME: 'Stage' }];
    const lines = await check();
    expect(states(lines)).toEqual([
      'address: ok',
      'API key: ok',
      'time zone: ok',
      'right to read professors: ok',
      'right to read students: ok',
      'right to read groups: ok',
      'right to read absences: ok',
      'right to read courses: ok',
      'other connectors: ok',
      'reasons of absence: ok',
    ]);
    expect(lines.every(({ next }) => next === undefined)).toBe(true);
    expect(line(lines, 'API key')?.detail).toContain('École du Test');
    expect(line(lines, 'reasons of absence')?.detail).toContain('1 of the school');
    expect(double.seen.every(({ method }) => method === 'GET')).toBe(true);
    expect(double.seen).toHaveLength(7);
  });

  it.each([
    [401, ['address: ok', 'API key: failed']],
    [402, ['address: ok', 'subscription: failed']],
    [429, ['address: failed']],
    [404, ['address: failed']],
    [503, ['address: failed']],
  ])('stops at status %i, and says what to do', async (status, told) => {
    double.fail({ kind: 'status', status });
    const lines = await check();
    expect(states(lines)).toEqual(told);
    expect(lines.at(-1)?.next).toBeDefined();
    expect(double.seen).toHaveLength(1);
  });

  it.each(['html', 'cut', 'hang'] as const)('stops at an answer that is %s', async (kind) => {
    double.fail({ kind });
    expect(states(await check({}, { requestTimeoutMs: 200 }))).toEqual(['address: failed']);
  });

  it('says that an address inside our network is not allowed', async () => {
    const [address] = await check({}, { allowHosts: [] });
    expect(address).toMatchObject({ subject: 'address', state: 'failed' });
  });

  it.each([
    ['professor', 'professors'],
    ['student', 'students'],
    ['group', 'groups'],
    ['course', 'courses'],
  ])('names the missing right to %s, and goes on', async (kind, right) => {
    double.habits.forbidden = [kind];
    const lines = await check();
    expect(lines.filter(({ state }) => state === 'failed')).toEqual([
      expect.objectContaining({ subject: `right to read ${right}`, next: expect.stringContaining(right) }),
    ]);
    expect(line(lines, 'reasons of absence')?.state).toBe('ok');
  });

  it('goes on without the right to read the school', async () => {
    double.habits.forbidden = ['school', 'justified-absence'];
    const lines = await check();
    expect(lines.filter(({ state }) => state === 'failed').map(({ subject }) => subject)).toEqual([
      'right to read school',
      'right to read absences',
      'reasons of absence',
    ]);
  });

  it.each([
    ['Europe/London', 'London'],
    ['', 'not say'],
  ])('warns when the school is in the zone %j', async (TIMEZONE, words) => {
    double.school = { NAME: 'École', TIMEZONE };
    expect(line(await check(), 'time zone')).toMatchObject({
      state: 'warning',
      detail: expect.stringContaining(words),
    });
  });

  it('warns of other connectors with their names and counts, but not of us, of hands, or of the retired', async () => {
    sheet('c1', 'alc:1', 'rollcall');
    sheet('c2', '', 'API');
    sheet('c3', '7', 'ypareo');
    sheet('c4', '8', 'ypareo');
    sheet('c5', '9', '');
    sheet('c6', '10', 'old');
    const other = line(await check({ takeOverFrom: ['old'] }), 'other connectors');
    expect(other?.state).toBe('warning');
    expect(other?.detail).toContain('sample of 6');
    expect(other?.detail).toContain('ypareo (2), one without a name (1)');
    expect(other?.detail).not.toContain('old');
  });

  it('warns that people will be mailed', async () => {
    expect(line(await check({ sendCredentials: true }), 'sendCredentials')?.state).toBe('warning');
  });

  it('tells neither the key nor a person', async () => {
    sheet('c1', '7', 'ypareo');
    double.people.student.set('s1', { ID: 's1', FIRSTNAME: 'Zoé', LASTNAME: 'Martin' });
    double.habits.forbidden = ['group'];
    expect(JSON.stringify(await check({ sendCredentials: true }))).not.toMatch(/sesame|Zoé|Martin/);
  });

  it('stops when it must not go on', async () => {
    const refusal = new RollcallError('LEASE_LOST', 'Too late.');
    expect(await failureOf(check({}, { pace: () => Promise.reject(refusal) }))).toBe(refusal);
  });
});
