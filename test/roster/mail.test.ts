import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeDigest, composeMail, findingsCsv, type Reader } from '../../roster/mail/compose.ts';
import type { Telling, ToldRun } from '../../roster/mail/facts.ts';
import { renderHtml } from '../../roster/mail/html.ts';
import { cannotWait, messageKinds, subscriptionKinds, subscriptionOf } from '../../roster/mail/kinds.ts';
import { renderText } from '../../roster/mail/text.ts';
import { words } from '../../roster/mail/words.ts';
import { languages } from '../../roster/why-texts.ts';

const run: ToldRun = {
  number: 7,
  state: 'completed',
  code: null,
  failedStep: null,
  planOnly: false,
  startedAt: '2026-11-26T17:00:00Z',
  endedAt: '2026-11-26T17:04:00Z',
  changes: [
    { kind: 'lesson', operation: 'insert', state: 'applied', count: 3 },
    { kind: 'lesson', operation: 'insert', state: 'rejected', count: 1 },
    { kind: 'lesson', operation: 'delete', state: 'held', count: 20 },
  ],
  findings: { LESSON_WITHOUT_INSTRUCTOR: 2 },
  held: 20,
  before: { lesson: 40 },
  after: { lesson: 43 },
};

const telling = (given: Partial<Telling> = {}): Telling => ({
  kind: 'completed',
  detail: { run: 7 },
  createdAt: '2026-11-26T17:04:00Z',
  organisation: { code: 'north', name: 'École du Nord', timeZone: 'Europe/Paris' },
  connection: {
    connectionId: 'c',
    code: 'timetable',
    name: 'Timetable',
    mode: 'live',
    source: 'alcuin',
    target: 'edusign',
    contact: {},
    mailSubjects: 'rollcall',
  },
  run,
  holds: [
    {
      number: 3,
      kind: 'lesson',
      operation: 'delete',
      reason: 'OVER_LIMIT',
      count: 20,
      base: 40,
      firstLessonAt: '2026-12-01T08:00:00Z',
    },
  ],
  ...given,
});

const reader: Reader = { language: 'en', address: 'ada@school.example' };

/** What each kind of message says beside its counts. */
const details: Partial<Record<Telling['kind'], Telling['detail']>> = {
  failed: { run: 7, code: 'SOURCE_FORBIDDEN', step: 'fetch' },
  held: { hold: 3, count: 20, reminder: 0 },
  decided: { decided: 20, code: null, startsRun: true },
  'approval-expired': { changes: 4 },
  paused: {
    phase: 'began',
    number: 2,
    scope: 'connection',
    name: 'timetable',
    cause: 'summer',
    from: '2026-07-04',
    until: '2026-08-30',
    reason: 'holidays',
  },
  silence: { expectedBy: '2026-11-26T21:00:00Z', lastSuccessAt: null, lastCode: 'SOURCE_UNREACHABLE' },
  shape: { system: 'alcuin', counts: { 'salle: number': 12 } },
};

describe('every kind of message', () => {
  const all = messageKinds.flatMap((kind) => languages.map((language) => [kind, language] as const));
  it.each(all)('%s in %s leaves no placeholder, in text and HTML', (kind, language) => {
    const mail = composeMail(telling({ kind, detail: details[kind] ?? {} }), { ...reader, language });
    const both = `${mail.subject}\n${renderText(mail)}\n${renderHtml(mail)}`;
    expect(both).not.toMatch(/\{\w+\}|undefined|NaN|\[object|null/);
    expect(renderText(mail).length).toBeGreaterThan(150);
  });

  it('of a changed shape names field and count, and the command that shows the rest', () => {
    const mail = renderText(composeMail(telling({ kind: 'shape', detail: details.shape ?? {} }), reader));
    expect(mail).toMatch(/^salle: number +12$/m);
    expect(mail).toMatch(/rollcall shape [\w-]+\/timetable/);
  });

  it('belongs to a subscription that there is', () => {
    for (const kind of messageKinds) expect(['everybody', ...subscriptionKinds]).toContain(subscriptionOf(kind));
  });

  it('cannot wait only when things stand still until somebody acts', () => {
    expect(messageKinds.filter((kind) => cannotWait(kind, {}))).toEqual(['held', 'silence', 'test']);
    expect(cannotWait('failed', { code: 'SOURCE_AUTH_REFUSED' })).toBe(true);
    expect(cannotWait('failed', { code: 'TARGET_AUTH_REFUSED' })).toBe(true);
    expect(cannotWait('failed', { code: 'SOURCE_FORBIDDEN' })).toBe(false);
  });

  it('has every text in every language', () => {
    for (const [name, texts] of Object.entries(words)) {
      const placeholders = languages.map((language) => (texts[language].match(/\{\w+\}/g) ?? []).sort());
      expect(placeholders[1], name).toEqual(placeholders[0]);
      expect(placeholders[2], name).toEqual(placeholders[0]);
    }
  });
});

describe('subjects', () => {
  const subject = (given: Partial<Telling>, literal = true) => {
    const { connection } = telling();
    const mailSubjects = literal ? 'import' : 'rollcall';
    return composeMail(telling({ ...given, connection: connection && { ...connection, mailSubjects } }), reader)
      .subject;
  };

  it('of an import are the two that mail rules know', () => {
    expect(subject({ run: { ...run, held: 0 } })).toBe('Import finished with status Completed');
    expect(subject({})).toBe('Import finished with status Failed');
    expect(subject({ kind: 'failed', detail: { code: 'SOURCE_FORBIDDEN' } })).toBe(
      'Import finished with status Failed',
    );
    expect(subject({ kind: 'held', detail: { count: 1, reminder: 0 } })).toBe('Import finished with status Failed');
  });

  it('of what is no further import are never those two', () => {
    const others: Partial<Telling>[] = [
      { kind: 'held', detail: { count: 1, reminder: 2 } },
      { kind: 'started' },
      { kind: 'test' },
      { kind: 'paused', detail: details.paused ?? {} },
    ];
    for (const other of others) expect(subject(other)).toMatch(/^\[Rollcall\] north\/timetable: /);
  });

  it('of our own say how it stands', () => {
    expect(subject({}, false)).toBe('[Rollcall] north/timetable: completed, 20 held, 3 changes');
    expect(subject({ kind: 'held', detail: { count: 1 } }, false)).toBe(
      '[Rollcall] north/timetable: 1 change waits for a decision',
    );
  });
});

describe('a message of the whole organisation', () => {
  it('needs no connection', () => {
    const mail = composeMail(
      telling({ kind: 'paused', detail: details.paused ?? {}, connection: null, run: null, holds: [] }),
      reader,
    );
    expect(mail.subject).toBe('[Rollcall] north: paused');
    expect(renderText(mail)).toContain('École du Nord');
  });
});

// Whatever comes from outside: words with markup, line breaks and quotes.
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '<script>alert(1)</script>',
        '"><img src=x onerror=alert(1)>',
        '</title>',
        "' onclick='x",
        '&amp;',
        '\r\nBcc: x@y.example',
        '-->',
      ),
      fc.string({ maxLength: 12 }),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => parts.join(' '));

/** Elements that our own blocks make. */
const ours = /<\/?(!doctype|html|head|meta|title|body|table|tr|th|td|div|p|h2|a)(?=[ >])/gi;

describe('the HTML of a mail', () => {
  it('has only elements and attributes of ours, whatever names are in it', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (name, reason, person) => {
        const { connection } = telling();
        const given = telling({
          kind: 'paused',
          detail: { ...details.paused, name, reason },
          organisation: { code: 'north', name, timeZone: 'Europe/Paris' },
          connection: connection && { ...connection, name, contact: { vendor: { name: person, mail: reason } } },
        });
        for (const mail of [composeMail(given, reader), composeDigest([given, telling()], reader)]) {
          const html = renderHtml(mail);
          expect(html.replace(ours, '')).not.toMatch(/<[a-z/!]/i);
          for (const [, attributes] of html.matchAll(/<\w+((?: [a-z-]+="[^"]*")*)>/g))
            expect(attributes).not.toMatch(/ on\w+=/);
          // Every opening of an element is one that the line above could read as a whole.
          expect(html.match(/<[a-z]\w*/gi)?.length).toBe(html.match(/<[a-z]\w*(?: [a-z-]+="[^"]*")*>/gi)?.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('fetches nothing and links to the web only', () => {
    const mail = composeMail(telling(), { ...reader, publicUrl: 'javascript:alert(1)//' });
    expect(renderHtml(mail)).toContain('href="#"');
    expect(renderHtml(mail)).not.toMatch(/src=|url\(|@import|<link|<script/i);
  });
});

describe('the text of a mail', () => {
  it('takes a line break from outside for a blank: nobody makes a line of ours', () => {
    fc.assert(
      fc.property(hostile, fc.constantFrom('\n', '\r\n', '\n\n', '\u2028'), (name, lineBreak) => {
        const textWith = (between: string) => {
          const organisation = { code: 'north', name: `A${between}${name}`, timeZone: 'Europe/Paris' };
          return renderText(composeMail(telling({ organisation }), reader));
        };
        expect(textWith(lineBreak)).toBe(textWith(' '));
      }),
    );
  });
});

describe('the file of findings', () => {
  it('takes no cell for a formula, and says what a masked one is about', () => {
    const finding = {
      code: 'PERSON_INCOMPLETE',
      kind: 'person',
      syncKey: 'p1',
      openedAt: '2026-11-26T17:00:00Z',
    } as const;
    const { name, content } = findingsCsv(
      telling(),
      [
        { ...finding, label: '=HYPERLINK("x")', detail: 'no e-mail' },
        { ...finding, label: 'Protected person', detail: '' },
      ],
      'sv',
    );
    expect(name).toBe('anmarkningar-north-timetable.csv');
    expect(content).toContain(`"'=HYPERLINK(""x"")"`);
    expect(content).toContain('Protected person,2026-11-26T17:00:00Z,"Efternamn, förnamn');
  });
});
