import { beforeAll, describe, expect, it } from 'vitest';
import { openEdusign } from '../../../connectors/edusign/target.ts';
import type { ApiTarget, TargetChange } from '../../../roster/contracts.ts';
import { testAccess } from '../doubles/access.ts';
import { groupChange } from '../doubles/changes.ts';
import type { Fields } from '../doubles/edusign-double.ts';
import { edusignForFile } from '../doubles/edusign-for-file.ts';

const { double, url, open } = edusignForFile();
let target: ApiTarget;
beforeAll(() => {
  target = open();
});

function held(changes: Fields = {}): string {
  const ID = 'group1';
  double.groups.set(ID, {
    ID,
    id: ID,
    NAME: 'BTS 1 A',
    STUDENTS: ['student1', 'student2'],
    HIDDEN: 0,
    API_ID: 'alc:G7',
    API_TYPE: 'rollcall',
    ...changes,
  });
  return ID;
}

function writes() {
  return double.seen.filter(({ method }) => method !== 'GET');
}

function change(operation: TargetChange['operation'], changes: Partial<TargetChange> = {}): TargetChange {
  return groupChange({ operation, targetId: 'group1', ...changes });
}

describe('a group', () => {
  it('is made with its members and our key', async () => {
    expect(await target.applyOne(groupChange())).toMatchObject({ state: 'applied' });
    expect(double.seen.map(({ body }) => body)).toEqual([
      {
        group: {
          NAME: 'BTS 1 A',
          DESCRIPTION: '',
          STUDENTS: ['student1', 'student2'],
          PARENT: '',
          API_ID: 'alc:G7',
          API_TYPE: 'rollcall',
        },
      },
    ]);
  });

  it.each(['update', 'adopt', 'restore'] as const)(
    'is not patched by %s when it says so already',
    async (operation) => {
      const targetId = held({ STUDENTS: ['student2', 'student1'], NAME: ' BTS 1 A' });
      expect(await target.applyOne(change(operation))).toEqual({ state: 'applied', targetId });
      expect(writes()).toHaveLength(0);
    },
  );

  it('gets its new name and members, and keeps those who were added by hand', async () => {
    held({ STUDENTS: ['student1', 'student2', 'byhand'] });
    const before = { title: 'BTS 1 A', memberIds: ['student1', 'student2'] };
    const after = { title: 'BTS 1 B', members: [] };
    await target.applyOne(change('update', { before, after, learnerIds: ['student2', 'student3'] }));
    expect(writes()[0]?.body).toEqual({
      group: { ID: 'group1', NAME: 'BTS 1 B', STUDENTS: ['student2', 'student3', 'byhand'] },
    });
  });

  it.each([
    ['is made with what the source says', '', undefined, 'ING1', 'ING1'],
    ['changes with the source', 'ING1', 'ING1', 'ING2', 'ING2'],
    ['goes when the source says none any more', 'ING1', 'ING1', undefined, ''],
    ['stays when it was changed by hand', 'by hand', 'ING1', 'ING1', undefined],
    ['stays when the source never said one', 'by hand', undefined, undefined, undefined],
  ])('has a description that %s', async (_, there, written, said, patched) => {
    held({ DESCRIPTION: there });
    const content = (description: string | undefined) => ({
      title: 'BTS 1 A',
      ...(description === undefined ? {} : { description }),
    });
    const before = { ...content(written), memberIds: ['student1', 'student2'] };
    await target.applyOne(change('update', { before, after: { ...content(said), members: [] } }));
    const bodies = writes().map(({ body }) => (body as { group: Fields }).group['DESCRIPTION']);
    expect(bodies).toEqual(patched === undefined ? [] : [patched]);
  });

  it('keeps the description it had when it is taken over, and is made with one', async () => {
    held({ DESCRIPTION: 'by hand', API_ID: '', API_TYPE: '' });
    await target.applyOne(change('adopt', { before: { title: 'BTS 1 A', description: 'by hand' } }));
    expect(writes()[0]?.body).toEqual({ group: expect.not.objectContaining({ DESCRIPTION: expect.anything() }) });
    await target.applyOne(groupChange({ after: { title: 'TD', description: 'ING1', members: [] } }));
    expect(writes()[1]?.body).toMatchObject({ group: { NAME: 'TD', DESCRIPTION: 'ING1' } });
  });

  it('keeps a name that was changed by hand while the source says the same', async () => {
    held({ NAME: 'Première A' });
    const before = { title: 'BTS 1 A', memberIds: ['student1', 'student2'] };
    await target.applyOne(change('update', { before, learnerIds: ['student1'] }));
    expect(double.groups.get('group1')).toMatchObject({ NAME: 'Première A', STUDENTS: ['student1'] });
  });

  it('is adopted with our key, and loses nobody by it', async () => {
    held({ API_ID: '', API_TYPE: '', STUDENTS: ['byhand'] });
    expect(await target.applyOne(change('adopt'))).toEqual({ state: 'applied', targetId: 'group1' });
    expect(double.groups.get('group1')).toMatchObject({
      API_ID: 'alc:G7',
      API_TYPE: 'rollcall',
      STUDENTS: ['student1', 'student2', 'byhand'],
    });
  });

  it.each(['adopt', 'restore'] as const)('is restored by %s', async (operation) => {
    held({ HIDDEN: 1, STUDENTS: ['student1'] });
    expect(await target.applyOne(change(operation))).toEqual({ state: 'applied', targetId: 'group1' });
    expect(double.groups.get('group1')).toMatchObject({ HIDDEN: 0, STUDENTS: ['student1', 'student2'] });
  });

  it('is not taken for restored when a patch does not do that', async () => {
    held({ HIDDEN: 1 });
    double.habits.restoresByPatch = false;
    expect(await target.applyOne(change('restore'))).toMatchObject({ state: 'rejected' });
  });

  it.each(['archive', 'delete'] as const)(
    'is archived by %s, once, and is archived when unknown',
    async (operation) => {
      const archive = change(operation, { after: {}, learnerIds: [] });
      expect(await target.applyOne(archive)).toEqual({ state: 'applied', targetId: 'group1' });
      held();
      await target.applyOne(archive);
      await target.applyOne(archive);
      expect(double.groups.get('group1')?.['HIDDEN']).toBe(1);
      expect(writes()).toHaveLength(1);
    },
  );

  it('is gone when it was removed, or archived by hand', async () => {
    for (const operation of ['update', 'adopt', 'restore'] as const) {
      expect(await target.applyOne(change(operation))).toMatchObject({ state: 'gone' });
    }
    held({ HIDDEN: 1 });
    expect(await target.applyOne(change('update'))).toMatchObject({ state: 'gone' });
    expect(writes()).toHaveLength(0);
  });

  it('of another connector is left alone until that is retired', async () => {
    held({ API_ID: '7', API_TYPE: 'ypareo', NAME: 'X' });
    for (const operation of ['update', 'adopt', 'restore', 'archive'] as const) {
      expect(await target.applyOne(change(operation))).toMatchObject({ state: 'stale' });
    }
    expect(writes()).toHaveLength(0);
    const heir = openEdusign(testAccess({ settings: { url: url() }, options: { takeOverFrom: ['ypareo'] } }));
    expect(await heir.applyOne(change('adopt'))).toMatchObject({ state: 'applied' });
    expect(double.groups.get('group1')).toMatchObject({ API_ID: 'alc:G7', NAME: 'BTS 1 A' });
  });

  it('is rejected in the words of Edusign, which may speak of a student', async () => {
    held();
    double.refuseNext('No student with this ID found');
    expect(await target.applyOne(change('update', { learnerIds: ['student9'] }))).toEqual({
      state: 'rejected',
      message: 'Edusign says: No student with this ID found',
    });
    double.refuseNext('No group with this ID found');
    expect(await target.applyOne(change('update', { learnerIds: ['student9'] }))).toMatchObject({ state: 'gone' });
  });

  it('is looked up by key, and in the list when the answer is in words we do not know', async () => {
    double.habits.groupPageSize = 2;
    for (const id of ['a', 'b', 'c']) double.groups.set(id, { ID: id, HIDDEN: 0, API_ID: '' });
    expect(await target.lookUp(groupChange())).toBeUndefined();
    held();
    expect(await target.lookUp(groupChange())).toBe('group1');
    double.refuseNextLook('Aucun groupe');
    expect(await target.lookUp(groupChange())).toBe('group1');
  });

  it('cannot be moved to another key', async () => {
    expect(await target.applyOne(change('rekey'))).toMatchObject({ state: 'rejected' });
  });
});
