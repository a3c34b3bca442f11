import { describe, expect, it } from 'vitest';
import { systems } from '../../connectors/registry.ts';

describe('the systems', () => {
  it('are known by their own code, and can do what their roles say', () => {
    expect([...systems.keys()]).toEqual(['alcuin', 'auriga', 'edusign']);
    for (const [code, system] of systems) {
      expect(system.code).toBe(code);
      expect(system.openSource !== undefined).toBe(system.roles.includes('source'));
      expect(system.sourceOptions !== undefined).toBe(system.roles.includes('source'));
      expect(system.openTarget !== undefined).toBe(system.roles.includes('target'));
      expect(system.targetOptions !== undefined).toBe(system.roles.includes('target'));
    }
  });

  it.each(['alcuin', 'edusign'])(
    '%s refuses settings that are mistyped, or an address that holds more than an address',
    (code) => {
      const settings = systems.get(code)?.accountSettings;
      const accepts = (value: object) => settings?.safeParse(value).success;
      expect(accepts({ url: 'https://api-edt.school.example/api/' })).toBe(true);
      expect(accepts({ url: 'http://127.0.0.1:9/api' })).toBe(true);
      for (const url of [
        'file:///etc',
        'school.example',
        'https://me:secret@school.example/',
        'https://a.example/?k=1',
        '',
      ]) {
        expect(accepts({ url })).toBe(false);
      }
      expect(accepts({ url: 'https://school.example', urll: '' })).toBe(false);
    },
  );

  it('read fourteen days from Alcuin unless told otherwise', () => {
    const options = systems.get('alcuin')?.sourceOptions;
    expect(options?.parse({})).toEqual({ nbDaysToGet: 14, lookAheadDays: 14, useProxy: false, groups: false });
    for (const nbDaysToGet of [0, 366, 1.5, '14']) expect(options?.safeParse({ nbDaysToGet }).success).toBe(false);
    expect(options?.safeParse({ nbDaysToget: 7 }).success).toBe(false);
  });

  it('mail no credentials from Edusign unless told otherwise', () => {
    expect(systems.get('edusign')?.targetOptions?.parse({})).toEqual({
      sendCredentials: false,
      takeOverFrom: [],
    });
    const options = systems.get('edusign')?.targetOptions;
    for (const takeOverFrom of [[''], ['rollcall'], 'ypareo']) {
      expect(options?.safeParse({ takeOverFrom }).success).toBe(false);
    }
    expect(options?.safeParse({ takeoverFrom: [] }).success).toBe(false);
    expect(systems.get('edusign')?.accountSettings.parse({})).toEqual({ url: 'https://ext.edusign.fr' });
  });

  it('name the outside data set by its address, however it is written', () => {
    const identity = (url: string) => systems.get('alcuin')?.sourceIdentity({ url }, {});
    expect(identity('https://API-edt.school.example/api')).toBe(identity('https://api-edt.school.example/api/'));
    expect(identity('https://test.school.example/api/')).not.toBe(identity('https://api-edt.school.example/api/'));
  });

  it('name it by the directories that are read, too', () => {
    const settings = { url: 'https://api-edt.school.example/api/' };
    const identity = (options: object) => systems.get('alcuin')?.sourceIdentity(settings, options);
    expect(identity({ annuaireIdProfessors: '13' })).toBe(identity({ annuaireIdProfessors: 13, nbDaysToGet: 7 }));
    expect(identity({ annuaireIdProfessors: 14 })).not.toBe(identity({ annuaireIdProfessors: 13 }));
    expect(identity({ annuaireIdStudentsGroups: 13 })).not.toBe(identity({ annuaireIdProfessors: 13 }));
  });
});
