import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openEdusign } from '../../../connectors/edusign/target.ts';
import type { ApiTarget } from '../../../roster/contracts.ts';
import { testAccess } from '../doubles/access.ts';
import { personChange } from '../doubles/changes.ts';
import { type EdusignDouble, edusignDouble, type Fields } from '../doubles/edusign-double.ts';

let double: EdusignDouble;
let url: string;
let target: ApiTarget;

beforeAll(async () => {
  double = edusignDouble();
  url = await double.listen();
  target = openEdusign(testAccess({ settings: { url } }));
});

beforeEach(() => double.clear());
afterAll(() => double.close());

const roles = [
  { kind: 'learner', path: 'student', archived: 1 },
  { kind: 'instructor', path: 'professor', archived: ['school1'] },
] as const;

function held(path: 'student' | 'professor', changes: Fields = {}): string {
  const ID = 'known1';
  const fields = { FIRSTNAME: 'Z.', LASTNAME: 'Martin', EMAIL: 'Zoe.Martin@school.example', PHONE: '' };
  const HIDDEN = path === 'professor' ? [] : 0;
  double.people[path].set(ID, { ID, id: ID, ...fields, HIDDEN, API_ID: '', API_TYPE: '', ...changes });
  return ID;
}

function writes() {
  return double.seen.filter(({ method }) => method !== 'GET');
}

describe.each(roles)('a $kind at Edusign', ({ kind, path, archived }) => {
  const insert = personChange({ kind });

  it('is made with our key and without a mail of credentials', async () => {
    const outcome = await target.applyOne(insert);
    expect(outcome).toMatchObject({ state: 'applied', targetId: expect.stringContaining(path) });
    const fields = {
      FIRSTNAME: 'Zoé',
      LASTNAME: 'Martin',
      EMAIL: 'zoe.martin@school.example',
      API_ID: 'alc:1001',
      API_TYPE: 'rollcall',
    };
    expect(double.seen[0]?.body).toEqual(
      kind === 'instructor'
        ? { professor: fields, dontSendCredentials: true }
        : { student: { ...fields, SEND_EMAIL_CREDENTIALS: false } },
    );
  });

  it('is made with a mail of credentials when the option is on', async () => {
    const mailing = openEdusign(testAccess({ settings: { url }, options: { sendCredentials: true } }));
    await mailing.applyOne(insert);
    expect(double.seen[0]?.body).toMatchObject(
      kind === 'instructor' ? { dontSendCredentials: false } : { student: { SEND_EMAIL_CREDENTIALS: true } },
    );
  });

  it('is adopted by e-mail when it was there before us', async () => {
    const targetId = held(path);
    expect(await target.applyOne(insert)).toEqual({ state: 'applied', targetId });
    expect(double.people[path].get(targetId)).toMatchObject({
      FIRSTNAME: 'Zoé',
      API_ID: 'alc:1001',
      API_TYPE: 'rollcall',
    });
  });

  it('is restored when the one that is adopted was archived', async () => {
    const targetId = held(path, { HIDDEN: archived });
    expect(await target.applyOne(insert)).toEqual({ state: 'applied', targetId });
    expect(double.people[path].get(targetId)).toMatchObject({
      API_ID: 'alc:1001',
      HIDDEN: kind === 'instructor' ? [] : 0,
    });
  });

  it.each(['ypareo', 'rollcall'])('is left alone when it carries a foreign key of %s', async (API_TYPE) => {
    const targetId = held(path, { API_ID: 'other:7', API_TYPE });
    expect(await target.applyOne(insert)).toMatchObject({ state: 'rejected' });
    expect(double.people[path].get(targetId)).toMatchObject({ API_ID: 'other:7', FIRSTNAME: 'Z.' });
  });

  it('is rejected in the words of Edusign', async () => {
    double.refuseNext(['EMAIL is not valid', 'LASTNAME is required']);
    expect(await target.applyOne(insert)).toEqual({
      state: 'rejected',
      message: 'Edusign says: EMAIL is not valid; LASTNAME is required',
    });
  });

  it('is patched only when something differs', async () => {
    const targetId = held(path, { API_ID: 'alc:1001', API_TYPE: 'rollcall' });
    const update = personChange({ kind, operation: 'update', targetId });
    expect(await target.applyOne(update)).toEqual({ state: 'applied', targetId });
    expect(writes()).toHaveLength(1);
    expect(await target.applyOne(update)).toEqual({ state: 'applied', targetId });
    expect(writes()).toHaveLength(1);
    expect(double.people[path].get(targetId)).toMatchObject({ FIRSTNAME: 'Zoé', EMAIL: 'zoe.martin@school.example' });
  });

  it('is gone for an update when somebody removed or archived it', async () => {
    const update = personChange({ kind, operation: 'update', targetId: 'known1' });
    expect(await target.applyOne(update)).toMatchObject({ state: 'gone' });
    held(path, { HIDDEN: archived });
    expect(await target.applyOne(update)).toMatchObject({ state: 'gone' });
    expect(writes()).toHaveLength(0);
  });

  it.each(['delete', 'archive'] as const)('is archived by %s, once', async (operation) => {
    const targetId = held(path, { API_ID: 'alc:1001' });
    const change = personChange({ kind, operation, targetId, after: {} });
    expect(await target.applyOne(change)).toEqual({ state: 'applied', targetId });
    expect(await target.applyOne(change)).toEqual({ state: 'applied', targetId });
    expect(double.people[path].get(targetId)?.['HIDDEN']).toEqual(archived);
    expect(writes()).toHaveLength(1);
  });

  it('is not touched once another system has put its key on it', async () => {
    const targetId = held(path, { API_ID: '7', API_TYPE: 'ypareo' });
    for (const operation of ['update', 'archive'] as const) {
      expect(await target.applyOne(personChange({ kind, operation, targetId }))).toMatchObject({ state: 'stale' });
    }
    expect(writes()).toHaveLength(0);
  });

  it('is restored', async () => {
    const targetId = held(path, { HIDDEN: archived });
    expect(await target.applyOne(personChange({ kind, operation: 'restore', targetId }))).toMatchObject({
      state: 'applied',
    });
    expect(double.people[path].get(targetId)?.['HIDDEN']).toEqual(kind === 'instructor' ? [] : 0);
  });

  it('is looked up by our key, then by e-mail with our key', async () => {
    expect(await target.lookUp(insert)).toBeUndefined();
    const targetId = held(path, { API_ID: 'alc:1001' });
    expect(await target.lookUp(insert)).toBe(targetId);
    held(path, { API_ID: 'alc:2' });
    expect(await target.lookUp(insert)).toBeUndefined();
  });

  it('is not taken for absent when the look-up was answered by anything else', async () => {
    double.fail({ kind: 'html' });
    await expect(target.lookUp(insert)).rejects.toMatchObject({ code: 'TARGET_ANSWER_INVALID' });
  });
});
