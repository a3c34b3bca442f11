import { beforeAll, describe, expect, it } from 'vitest';
import { openEdusign } from '../../../connectors/edusign/target.ts';
import type { ApiTarget } from '../../../roster/contracts.ts';
import { testAccess } from '../doubles/access.ts';
import { personChange } from '../doubles/changes.ts';
import type { Fields } from '../doubles/edusign-double.ts';
import { edusignForFile } from '../doubles/edusign-for-file.ts';

const { double, url, open } = edusignForFile();
let target: ApiTarget;
beforeAll(() => {
  target = open();
});

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
    const mailing = openEdusign(testAccess({ settings: { url: url() }, options: { sendCredentials: true } }));
    await mailing.applyOne(insert);
    expect(double.mailed).toEqual(['zoe.martin@school.example']);
    expect(writes()[0]?.body).toMatchObject(
      kind === 'instructor' ? { dontSendCredentials: false } : { student: { SEND_EMAIL_CREDENTIALS: true } },
    );
  });

  it('is mailed nothing by any way but being made', async () => {
    const mailing = openEdusign(testAccess({ settings: { url: url() }, options: { sendCredentials: true } }));
    double.habits.revives = true;
    const targetId = held(path, { HIDDEN: archived });
    expect(await mailing.applyOne(insert)).toEqual({ state: 'applied', targetId });
    expect(double.people[path].get(targetId)).toMatchObject({ API_ID: 'alc:1001', FIRSTNAME: 'Zoé' });
    await mailing.applyOne(personChange({ kind, operation: 'archive', targetId }));
    await mailing.applyOne(personChange({ kind, operation: 'restore', targetId }));
    await mailing.applyOne(personChange({ kind, operation: 'archive', targetId }));
    await mailing.applyOne(personChange({ kind, operation: 'adopt', targetId }));
    expect(double.people[path].get(targetId)?.['HIDDEN']).toEqual(kind === 'instructor' ? [] : 0);
    expect(double.mailed).toEqual([]);
  });

  it('is made by one request without the option, also when Edusign revives somebody for it', async () => {
    double.habits.revives = true;
    const targetId = held(path, { HIDDEN: archived });
    expect(await target.applyOne(insert)).toEqual({ state: 'applied', targetId });
    expect(double.seen).toHaveLength(1);
  });

  describe('that is adopted by its id', () => {
    const adopt = (targetId: string) => personChange({ kind, operation: 'adopt', targetId });

    it('gets our key and what differs, once', async () => {
      const targetId = held(path, { LASTNAME: 'Martin ', PHONE: '0611111111' });
      expect(await target.applyOne(adopt(targetId))).toEqual({ state: 'applied', targetId });
      expect(await target.applyOne(adopt(targetId))).toEqual({ state: 'applied', targetId });
      expect(writes()).toHaveLength(1);
      // The source knows no phone number: the one at Edusign stays.
      expect(double.people[path].get(targetId)).toMatchObject({
        FIRSTNAME: 'Zoé',
        LASTNAME: 'Martin',
        PHONE: '0611111111',
        API_ID: 'alc:1001',
        API_TYPE: 'rollcall',
      });
    });

    it('is not patched for the case of its address alone', async () => {
      const targetId = held(path, { FIRSTNAME: 'Zoé', API_ID: 'alc:1001', API_TYPE: 'rollcall' });
      expect(await target.applyOne(adopt(targetId))).toEqual({ state: 'applied', targetId });
      expect(writes()).toHaveLength(0);
    });

    it('is restored first', async () => {
      const targetId = held(path, { HIDDEN: archived });
      expect(await target.applyOne(adopt(targetId))).toEqual({ state: 'applied', targetId });
      expect(double.people[path].get(targetId)).toMatchObject({
        API_ID: 'alc:1001',
        HIDDEN: kind === 'instructor' ? [] : 0,
      });
    });

    it.each([
      ['ypareo', 'other:7'],
      ['', 'other:7'],
      ['rollcall', 'aur:7'],
    ])('is left alone with the key of %j', async (API_TYPE, API_ID) => {
      const targetId = held(path, { API_ID, API_TYPE });
      expect(await target.applyOne(adopt(targetId))).toMatchObject({ state: 'stale' });
      expect(writes()).toHaveLength(0);
    });

    it('may carry another key of its connection: the plan knows that nobody uses it', async () => {
      const targetId = held(path, { API_ID: 'alc:7', API_TYPE: 'rollcall' });
      expect(await target.applyOne(insert)).toMatchObject({ state: 'rejected' });
      expect(await target.applyOne(adopt(targetId))).toEqual({ state: 'applied', targetId });
      expect(double.people[path].get(targetId)?.['API_ID']).toBe('alc:1001');
    });

    it('is taken over from a connector that was retired', async () => {
      const options = { takeOverFrom: ['ypareo'] };
      const heir = openEdusign(testAccess({ settings: { url: url() }, options }));
      const targetId = held(path, { API_ID: '7', API_TYPE: 'ypareo' });
      expect(heir.takeOverFrom).toEqual(['ypareo']);
      expect(await heir.applyOne(adopt(targetId))).toEqual({ state: 'applied', targetId });
      expect(double.people[path].get(targetId)).toMatchObject({ API_ID: 'alc:1001', API_TYPE: 'rollcall' });
    });

    it('is gone when it is', async () => {
      expect(await target.applyOne(adopt('known1'))).toMatchObject({ state: 'gone' });
    });
  });

  it('keeps what was changed by hand while the source says the same', async () => {
    const targetId = held(path, { FIRSTNAME: 'Zozo', API_ID: 'alc:1001', API_TYPE: 'rollcall' });
    const { after: before } = insert;
    const after = { ...before, phone: '0600000001' };
    await target.applyOne(personChange({ kind, operation: 'update', targetId, before, after }));
    expect(double.people[path].get(targetId)).toMatchObject({ FIRSTNAME: 'Zozo', PHONE: '0600000001' });
  });

  it('loses a phone number that the source has removed', async () => {
    const targetId = held(path, { PHONE: '0600000001', API_ID: 'alc:1001', API_TYPE: 'rollcall' });
    const before = { ...insert.after, phone: '0600000001' };
    await target.applyOne(personChange({ kind, operation: 'update', targetId, before }));
    expect(double.people[path].get(targetId)?.['PHONE']).toBe('');
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

  it('is looked for by e-mail when a miss by key is told in words we do not know', async () => {
    double.refuseNextLook('Personne');
    expect(await target.lookUp(insert)).toBeUndefined();
    const targetId = held(path, { API_ID: 'alc:1001' });
    double.refuseNextLook('Personne');
    expect(await target.lookUp(insert)).toBe(targetId);
    double.refuseNextLook('Personne');
    const nameless = { ...insert, after: { ...insert.after, email: '' } };
    await expect(target.lookUp(nameless)).rejects.toMatchObject({ code: 'TARGET_ANSWER_INVALID' });
  });

  it('is not taken for absent when the look-up was answered by anything else', async () => {
    double.fail({ kind: 'html' });
    await expect(target.lookUp(insert)).rejects.toMatchObject({ code: 'TARGET_ANSWER_INVALID' });
  });
});

describe('an instructor whom a patch does not restore', () => {
  it('is rejected, and not taken for restored', async () => {
    double.habits.restoresByPatch = false;
    const targetId = held('professor', { HIDDEN: ['school1'] });
    for (const operation of ['restore', 'adopt'] as const) {
      const outcome = await target.applyOne(personChange({ kind: 'instructor', operation, targetId }));
      expect(outcome).toMatchObject({ state: 'rejected', message: expect.stringContaining('archived') });
    }
  });
});
