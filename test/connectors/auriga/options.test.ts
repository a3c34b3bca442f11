import { describe, expect, it } from 'vitest';
import { readKeycloakAddress } from '../../../connectors/auriga/keycloak-address.ts';
import { accountSettings, sourceOptions } from '../../../connectors/auriga/options.ts';
import { auriga } from '../../../connectors/auriga/system.ts';

const settings = {
  url: 'https://auriga.school.example',
  keycloakUrl: 'https://auth.school.example/auth/realms/school',
  realm: 'school',
  clientId: 'edusign',
  username: 'svc',
};

describe('the address of the single sign-on', () => {
  it.each([
    ['auth.school.example', 'https://auth.school.example', undefined],
    [' https://auth.school.example/ ', 'https://auth.school.example', undefined],
    ['https://auth.school.example/auth', 'https://auth.school.example/auth', undefined],
    ['https://auth.school.example/auth/realms/', 'https://auth.school.example/auth', undefined],
    ['https://auth.school.example/auth/realms/your-company', 'https://auth.school.example/auth', 'your-company'],
    [
      'https://auth.school.example/realms/np%20x/protocol/openid-connect/auth?client_id=np-front&state=a/realms/b#/c',
      'https://auth.school.example',
      'np x',
    ],
    ['http://127.0.0.1:8080/auth/realms/a/account', 'http://127.0.0.1:8080/auth', 'a'],
  ])('"%s"', (pasted, base, realm) => expect(readKeycloakAddress(pasted)).toEqual({ base, realm }));

  it.each(['', '  ', 'ftp://auth.school.example', 'https://me:secret@auth.school.example', 'http://'])(
    '"%s" is none',
    (pasted) => expect(readKeycloakAddress(pasted)).toBeUndefined(),
  );
});

describe('settings', () => {
  it('must agree on the realm', () => {
    expect(accountSettings.safeParse(settings).success).toBe(true);
    const { error } = accountSettings.safeParse({ ...settings, realm: 'other' });
    expect(error?.issues).toMatchObject([
      { path: ['realm'], message: expect.stringContaining('names the realm "school"') },
    ]);
  });

  it.each([
    { realm: '' },
    { realm: 'a/b' },
    { clientId: ' ' },
    { username: '' },
    { keycloakUrl: 'x y' },
    { password: 'x' },
  ])('refuse %j', (wrong) => expect(accountSettings.safeParse({ ...settings, ...wrong }).success).toBe(false));

  it('name the data set by the application and the favourite', () => {
    const identity = (favourite: unknown, changes: object = {}) =>
      auriga.sourceIdentity({ ...settings, ...changes }, { interventionsDetailFavoriteQueryId: favourite });
    expect(identity(945)).toBe(identity('945', { url: 'https://auriga.school.example/', username: 'other' }));
    expect(identity(946)).not.toBe(identity(945));
    expect(identity(945, { url: 'https://test.school.example' })).not.toBe(identity(945));
  });
});

describe('options', () => {
  it('have the documented names, and numbers in any form', () => {
    const given = {
      interventionsDetailFavoriteQueryId: 945,
      GroupesDetailFavoriteQueryId: '1198',
      groupsMenuEntryId: null,
    };
    expect(sourceOptions.parse(given)).toEqual({
      interventionsDetailFavoriteQueryId: '945',
      GroupesDetailFavoriteQueryId: '1198',
      nbDaysToGet: 14,
      lookAheadDays: 14,
      useProxy: false,
    });
  });

  it.each([{}, { interventionsDetailFavoriteQueryId: 'x' }, { interventionsDetailFavoriteQueryId: 1, groupes: 2 }])(
    'refuse %j',
    (wrong) => expect(sourceOptions.safeParse(wrong).success).toBe(false),
  );
});
