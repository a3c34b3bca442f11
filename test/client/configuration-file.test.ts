import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigurationFileError, readConfigurationFile } from '../../client/configuration-file.ts';

const good = `organisation:
  code: north
  name: École du Nord
  timeZone: Europe/Paris
accounts:
  erp:
    system: alcuin
    settings:
      url: https://erp.school.example/api/
    requestTimeoutSeconds: 30
  sheets:
    system: edusign
    requestsPerMinute:
      heavy: 12
connections:
  timetable:
    name: Timetable
    source:
      account: erp
      options:
        nbDaysToGet: 21
    target:
      account: sheets
`;

/** The good file with one piece replaced by another. */
function edited(piece: string, by: string): string {
  if (!good.includes(piece)) throw new Error(`The good file has no "${piece}".`);
  return good.replace(piece, by);
}

function problemsOf(text: string): readonly string[] {
  try {
    readConfigurationFile('school.yaml', text);
  } catch (error) {
    if (error instanceof ConfigurationFileError) return error.problems;
    throw error;
  }
  throw new Error('The file was accepted.');
}

describe('a good configuration file', () => {
  it('gives the configuration, with every default filled in', () => {
    expect(readConfigurationFile('school.yaml', good)).toEqual({
      organisation: { code: 'north', name: 'École du Nord', timeZone: 'Europe/Paris', calendar: {} },
      accounts: [
        {
          code: 'erp',
          system: 'alcuin',
          settings: { url: 'https://erp.school.example/api/' },
          requestTimeoutMs: 30_000,
          rates: expect.any(Object),
        },
        {
          code: 'sheets',
          system: 'edusign',
          settings: { url: 'https://ext.edusign.fr' },
          requestTimeoutMs: 20_000,
          rates: expect.objectContaining({ heavy: 12, normal: expect.any(Number) }),
        },
      ],
      connections: [
        {
          code: 'timetable',
          name: 'Timetable',
          sourceAccount: 'erp',
          targetAccount: 'sheets',
          sourceOptions: { nbDaysToGet: 21, lookAheadDays: 14, useProxy: false, groups: false },
          targetOptions: { sendCredentials: false, takeOverFrom: [] },
          sourceIdentity: 'alcuin https://erp.school.example/api/',
          limits: {},
          overLimit: 'hold-part',
          limitsOnReturn: {},
          schedule: { zone: 'Europe/Paris', windows: ['11:00-13:00', '18:00-21:00'] },
          runsOnSchoolFreeDays: false,
        },
      ],
    });
  });

  it('may say when a connection runs, and what the days of the school are', () => {
    const text = edited('    name: Timetable\n', '    name: Timetable\n    schedule: nightly\n').replace(
      '  timeZone: Europe/Paris\n',
      `  timeZone: Europe/Paris
  calendar:
    publicHolidays: FR-67
    schoolFreeWeekdays: [saturday, sunday]
    blackouts:
      - { name: servers, from: 2026-12-09T20:00, to: 2026-12-10T06:00 }
`,
    );
    const { organisation, connections } = readConfigurationFile('school.yaml', text);
    expect(connections[0]?.schedule).toEqual({ zone: 'Europe/Paris', windows: ['01:00-05:00'] });
    expect(organisation.calendar).toEqual({
      publicHolidays: 'FR-67',
      schoolFreeWeekdays: [6, 7],
      blackouts: [{ name: 'servers', from: '2026-12-09T20:00', to: '2026-12-10T06:00' }],
    });
  });

  it('may name an organisation alone', () => {
    const [organisation = ''] = good.split('accounts:');
    expect(readConfigurationFile('school.yaml', organisation)).toMatchObject({ accounts: [], connections: [] });
  });

  it('names another data set by another address of the source, and by nothing else', () => {
    const identity = (text: string) => readConfigurationFile('school.yaml', text).connections[0]?.sourceIdentity;
    expect(identity(edited('nbDaysToGet: 21', 'nbDaysToGet: 7'))).toBe(identity(good));
    expect(identity(edited('https://erp.school.example/api/', 'https://ERP.school.example/api'))).toBe(identity(good));
    expect(identity(edited('erp.school.example', 'test.school.example'))).not.toBe(identity(good));
  });

  it('gives time-outs in whole milliseconds, whatever the fraction', () => {
    for (const [seconds, ms] of [
      ['16.1', 16_100],
      ['1.005', 1_005],
      ['0.5', 500],
    ] as const) {
      const { accounts } = readConfigurationFile('school.yaml', edited('Seconds: 30', `Seconds: ${seconds}`));
      expect(accounts[0]?.requestTimeoutMs).toBe(ms);
    }
  });

  it('may use an anchor for what is said twice', () => {
    const text = edited('url: https://erp.school.example/api/', 'url: &erp https://erp.school.example/api/').replace(
      'system: edusign\n',
      'system: edusign\n    settings: { url: *erp }\n',
    );
    expect(readConfigurationFile('school.yaml', text).accounts[1]?.settings).toEqual({
      url: 'https://erp.school.example/api/',
    });
  });
});

describe('a mistake in a configuration file', () => {
  it.each([
    [
      'an unknown key at the top',
      `${good}schedule: nightly\n`,
      'school.yaml:24: schedule: is unknown; allowed: organisation, accounts, connections',
    ],
    [
      'an unknown key of an account',
      edited('system: alcuin\n', 'system: alcuin\n    password: hunter2\n'),
      'school.yaml:8: accounts.erp.password: is unknown; allowed: system, settings, requestTimeoutSeconds, requestsPerMinute',
    ],
    [
      'an unknown system',
      edited('system: alcuin', 'system: aurion'),
      'school.yaml:7: accounts.erp.system: allowed: alcuin, auriga, edusign',
    ],
    [
      'a zone that is none',
      edited('Europe/Paris', 'Europe/Atlantis'),
      'school.yaml:4: organisation.timeZone: must be an IANA zone, as in "Europe/Paris"',
    ],
    ['a missing key', edited('  name: École du Nord\n', ''), 'school.yaml:1: organisation.name: is missing (string)'],
    [
      'a value of the wrong type',
      edited('École du Nord', '[1, 2]'),
      'school.yaml:3: organisation.name: must be string',
    ],
    [
      'an account that the file does not have',
      edited('account: erp', 'account: erb'),
      'school.yaml:19: connections.timetable.source.account: no account "erb"; allowed: erp, sheets',
    ],
    [
      'a source that is none',
      edited('account: erp', 'account: sheets'),
      'school.yaml:19: connections.timetable.source.account: Edusign cannot be a source',
    ],
    [
      'an unknown option',
      edited('nbDaysToGet', 'nbdaystoget'),
      'school.yaml:21: connections.timetable.source.options.nbdaystoget: is unknown; allowed: nbDaysToGet, ' +
        'annuaireIdStudentsGroups, annuaireIdInitialStudents, annuaireIdContinuousStudents, annuaireIdProfessors, ' +
        'useProxy, groups, lookAheadDays, motifs',
    ],
    [
      'an option of the wrong type',
      edited('nbDaysToGet: 21', 'nbDaysToGet: many'),
      'school.yaml:21: connections.timetable.source.options.nbDaysToGet: must be number',
    ],
    [
      'a setting that is no address',
      edited('https://erp.school.example/api/', 'erp.school.example'),
      'school.yaml:9: accounts.erp.settings.url: must be an http or https address',
    ],
    [
      'a code with capitals',
      edited('  erp:', '  ERP:'),
      'school.yaml:6: accounts.ERP: must be lower-case letters, digits and hyphens, as in "north-campus"',
    ],
    [
      'a window within a clock change',
      edited('    name: Timetable\n', '    name: Timetable\n    schedule: { windows: ["02:00-03:00"] }\n'),
      expect.stringMatching(/^school\.yaml:18: connections\.timetable\.schedule.*the clock is changed/),
    ],
    [
      'a schedule that is none',
      edited('    name: Timetable\n', '    name: Timetable\n    schedule: weekly\n'),
      expect.stringMatching(/^school\.yaml:18: connections\.timetable\.schedule: must be "twice-a-day", "nightly"/),
    ],
    [
      'a cron expression of six fields',
      edited('    name: Timetable\n', '    name: Timetable\n    schedule: { cron: ["0 0 6 * * *"] }\n'),
      expect.stringMatching(/^school\.yaml:18: connections\.timetable\.schedule.*five fields/),
    ],
    [
      'a range that ends before it begins',
      edited(
        '  timeZone: Europe/Paris\n',
        '  timeZone: Europe/Paris\n  calendar:\n    schoolFree:\n      - { name: Noël, from: 2026-12-19, to: 2026-12-01 }\n',
      ),
      expect.stringMatching(/^school\.yaml:7: organisation\.calendar\.schoolFree\.0: must not end before it begins/),
    ],
    [
      'a country whose holidays are not known',
      edited('  timeZone: Europe/Paris\n', '  timeZone: Europe/Paris\n  calendar: { publicHolidays: XX }\n'),
      expect.stringMatching(/^school\.yaml:5: organisation\.calendar\.publicHolidays: must be a country \(FR, /),
    ],
    [
      'a rate class that the system does not have',
      edited('heavy: 12', 'huge: 12'),
      'school.yaml:14: accounts.sheets.requestsPerMinute.huge: is not a rate class; allowed: normal, heavy',
    ],
  ])('such as %s is told with its line, its path and what is allowed', (_, text, problem) => {
    expect(problemsOf(text)).toEqual(expect.arrayContaining([problem]));
  });

  it('does not hide another: all are told at once', () => {
    const text = edited('Europe/Paris', 'Mars').replace('name: École du Nord', 'nom: École du Nord');
    expect(problemsOf(text)).toHaveLength(3);
  });

  it('never quotes a password, wherever it was written', () => {
    const inUrl = edited('https://erp.school', 'https://user:hunter2@erp.school');
    const inSettings = edited('      url:', '      password: hunter2\n      url:');
    const asKey = edited('system: alcuin\n', 'system: alcuin\n    password: hunter2\n');
    for (const text of [inUrl, inSettings, asKey]) expect(problemsOf(text).join('\n')).not.toContain('hunter2');
  });

  it.each([
    ['bad YAML', edited('  code: north', '  code: "north'), 1],
    ['a tab for indentation', edited('  code: north', '\tcode: north'), 1],
    ['a key that is there twice', `${good}organisation:\n  code: south\n`, 24],
    ['a second document', `${good}---\n${good}`, 24],
  ])('such as %s is told with its line', (_, text, line) => {
    const problems = problemsOf(text);
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) expect(problem).toMatch(/^school\.yaml:\d+: ./);
    expect(Number(problems[0]?.split(':')[1])).toBeGreaterThanOrEqual(line);
  });

  it.each([
    ['an alias that names nothing', 'a: *nothing\n'],
    ['an empty file', ''],
    ['a list', '- organisation\n'],
    ['nesting without end', '['.repeat(20_000)],
  ])('such as %s is a problem of the file', (_, text) => {
    expect(problemsOf(text)[0]).toMatch(/^school\.yaml:1: ./);
  });

  it('that multiplies anchors is refused before it fills the memory', () => {
    const bomb = ['x0: &x0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]'];
    for (let level = 1; level < 30; level += 1) {
      bomb.push(`x${level}: &x${level} [${Array.from({ length: 9 }, () => `*x${level - 1}`).join(', ')}]`);
    }
    expect(problemsOf(bomb.join('\n'))).toEqual([expect.stringMatching(/^school\.yaml:1: the file: .*alias/)]);
  });
});

describe('any text at all', () => {
  /** Fails when reading does anything but succeed, or say which problems the file has. */
  function read(text: string): void {
    try {
      readConfigurationFile('school.yaml', text);
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigurationFileError);
      const { problems } = error as ConfigurationFileError;
      expect(problems.length).toBeGreaterThan(0);
      for (const problem of problems) expect(problem).toMatch(/^school\.yaml:[1-9]\d*: /);
    }
  }

  it('is read, or refused with its problems, and never anything else', () => {
    const yamlish = fc
      .array(
        fc.constantFrom(
          ...[
            'organisation',
            'a',
            ': ',
            ':',
            '- ',
            '? ',
            '\n',
            '  ',
            '&a ',
            '*a',
            '<<',
            '!!int ',
            '!x ',
            '|',
            '>',
            '{',
          ],
          ...[
            '}',
            '[',
            ']',
            ',',
            '"',
            "'",
            '#',
            '%YAML 1.2',
            '---',
            '...',
            '~',
            '1e999',
            '__proto__',
            '\t',
            '\0',
            '\u{feff}',
          ],
        ),
        { maxLength: 40 },
      )
      .map((pieces) => pieces.join(''));
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), yamlish), read), { numRuns: 2_000 });
  });

  it('is read or refused as well when a good file was damaged in one place', () => {
    const damaged = fc
      .tuple(
        fc.nat(good.length),
        fc.nat(20),
        fc.oneof(fc.string(), fc.constantFrom('*a', '&a ', '\n- ', ': ', '{', '~')),
      )
      .map(([at, cut, put]) => good.slice(0, at) + put + good.slice(at + cut));
    fc.assert(fc.property(damaged, read), { numRuns: 1_000 });
  });
});
