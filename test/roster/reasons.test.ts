import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SourceReason } from '../../roster/contracts.ts';
import { proposeMatches } from '../../roster/reason-matcher.ts';
import { findSourceReason, mergeReasons, type Reason } from '../../roster/reasons.ts';

function source(caption: string, given: Partial<SourceReason> = {}): SourceReason {
  return { id: `id of ${caption}`, code: 'X1', caption, justified: true, ...given };
}

function matchOf(name: string, ...sources: SourceReason[]): string | undefined {
  const [proposal] = proposeMatches([{ id: '1', name }], sources);
  return proposal === undefined ? undefined : `${proposal.how}: ${proposal.source.caption}`;
}

describe('matching reasons of two catalogues', () => {
  it.each([
    ['the same text', 'Arrêt maladie', ['Arrêt maladie', 'arret maladie'], 'text: Arrêt maladie'],
    ['other spaces', ' Arrêt  maladie', ['Arrêt maladie'], 'text: Arrêt maladie'],
    ['letters put together otherwise', 'Arre\u0302t maladie', ['Arrêt maladie'], 'text: Arrêt maladie'],
    ['case', 'ARRÊT MALADIE', ['Arrêt maladie', 'Arret maladie'], 'case: Arrêt maladie'],
    ['accents', 'Obseques', ['Obsèques'], 'accents: Obsèques'],
    ['signs between words', "Décès d'un proche", ['Décès d’un proche'], 'accents: Décès d’un proche'],
    ['a synonym', 'Arrêt maladie', ['Maladie', 'Grève'], 'synonym: Maladie'],
    ['a synonym in the other language', 'Rendez-vous médical', ['Medical appointment'], 'synonym: Medical appointment'],
    ['a plural and small words', "Entretien d'embauche", ['Entretiens d’embauche'], 'synonym: Entretiens d’embauche'],
    ['one of two meanings', 'Obsèques', ['Décès / obsèques'], 'synonym: Décès / obsèques'],
    ['a note in brackets', 'Sick leave', ['Maladie (certificat)'], 'synonym: Maladie (certificat)'],
    ['nothing that fits', 'Grève', ['Maladie', 'Autre'], undefined],
    ['a word in common, which says nothing', 'Entretien médical annuel', ['Rendez-vous médical'], undefined],
    ['a name of small words only', 'Motif', ['Absence', 'de'], undefined],
    ['empty texts, which are like no other', '', ['', ' '], undefined],
  ])('sees %s', (_, name, captions, found) => {
    expect(matchOf(name, ...captions.map((caption) => source(caption)))).toBe(found);
  });

  it('sees a code before anything else', () => {
    expect(matchOf('MAL', source('Maladie', { code: 'MAL' }), source('MAL'))).toBe('code: Maladie');
  });

  it('leaves to a person what fits several, unless the source takes only one of them for justified', () => {
    expect(matchOf('Sick leave', source('Maladie'), source('Arrêt maladie'))).toBeUndefined();
    const not = source('Maladie', { justified: false });
    expect(matchOf('Sick leave', not, source('Arrêt maladie'))).toBe('synonym: Arrêt maladie');
    expect(matchOf('Sick leave', not)).toBe('synonym: Maladie');
  });

  it('gives one reason of the source to several of the target', () => {
    const found = proposeMatches(
      [
        { id: '1', name: 'Maladie' },
        { id: '2', name: 'Certificat médical' },
      ],
      [source('maladie')],
    );
    expect(found.map(({ reasonId, how }) => [reasonId, how])).toEqual([
      ['1', 'case'],
      ['2', 'synonym'],
    ]);
  });

  const caption = fc.stringMatching(/^[a-zA-Zéèàùçâô]{2,12}( [a-zA-Zéèàùçâô]{2,12}){0,2}$/);

  it('property: finds itself, whatever becomes of case and accents', () => {
    fc.assert(
      fc.property(caption, fc.boolean(), fc.boolean(), (text, upper, plain) => {
        const cased = upper ? text.toUpperCase() : text;
        const name = plain ? cased.normalize('NFD').replace(/\p{M}/gu, '') : cased;
        expect(matchOf(name, source(text))).toMatch(/^(text|case|accents): /);
      }),
    );
  });

  it('property: proposes only what there is, at most once for each', () => {
    fc.assert(
      fc.property(fc.array(caption), fc.array(caption), (names, captions) => {
        const targets = names.map((name, index) => ({ id: String(index), name }));
        const sources = captions.map((text) => source(text));
        const found = proposeMatches(targets, sources);
        expect(new Set(found.map(({ reasonId }) => reasonId)).size).toBe(found.length);
        for (const proposal of found) expect(sources).toContain(proposal.source);
      }),
    );
  });
});

describe('a code that a person types', () => {
  const catalogue = [
    source('Maladie', { id: '5', code: 'MAL' }),
    source('Grève', { id: 'MAL2', code: 'Grè' }),
    source('Stage', { id: '7', code: 'ABS' }),
    source('Divers', { id: '8', code: 'ABS' }),
    source('Décalé', { id: '9', code: '5' }),
  ];

  it.each([
    ['the code', ' MAL ', '5'],
    ['the code in another case, without accents', 'gre', 'MAL2'],
    ['the id, also where it is the code of another', '5', '5'],
    ['nothing where the catalogue does not have it', 'XYZ', undefined],
    ['nothing where several reasons have it', 'ABS', undefined],
    ['the id of one of those', '8', '8'],
  ])('is found as %s', (_, code, id) => {
    expect(findSourceReason(code, catalogue)?.id).toBe(id);
  });
});

describe('the reasons of a connection', () => {
  const none = { known: [], target: [], complete: true, configured: {} } as const;
  const sick = { id: '1', name: 'Arrêt maladie', uses: 4 };
  const confirmed: Reason = {
    reasonId: '1',
    name: 'Arrêt maladie',
    uses: 4,
    state: 'confirmed',
    match: { id: '77', code: 'GRI', caption: 'Grippe' },
    how: null,
    origin: 'person',
  };
  const only = (reasons: Reason[]) => {
    expect(reasons).toHaveLength(1);
    return reasons[0];
  };

  it('are open without anything that fits, proposed with it', () => {
    expect(only(mergeReasons({ ...none, target: [sick] }))).toMatchObject({ state: 'open', match: null, uses: 4 });
    expect(only(mergeReasons({ ...none, target: [sick], source: [source('Maladie', { id: '5' })] }))).toMatchObject({
      state: 'proposed',
      match: { id: '5', code: 'X1' },
      how: 'synonym',
    });
  });

  it('stay as a person chose, with the newest name and count', () => {
    const heard = { ...sick, name: 'Maladie', uses: 9 };
    const given = { ...none, known: [confirmed], target: [heard], source: [source('Maladie')], configured: { 1: 'X' } };
    expect(only(mergeReasons(given))).toEqual({ ...confirmed, name: 'Maladie', uses: 9 });
  });

  it('are confirmed by the configuration, by id before name, and are what they were without it', () => {
    const configured = { ' arret  MALADIE': 'B', 1: 'A' };
    const after = mergeReasons({ ...none, target: [sick], configured });
    expect(only(after)).toMatchObject({ state: 'confirmed', match: { id: 'A', code: 'A' }, origin: 'configuration' });
    const byName = mergeReasons({ ...none, target: [sick], configured: { ' arret  MALADIE': 'B' } });
    expect(only(byName)).toMatchObject({ match: { code: 'B' } });
    expect(only(mergeReasons({ ...none, known: after, target: [sick] }))).toMatchObject({ state: 'open', match: null });
    // No name of every object is taken for one of the file.
    const odd = mergeReasons({ ...none, target: [{ id: 'constructor', name: '__proto__' }], configured });
    expect(only(odd)).toMatchObject({ state: 'open' });
  });

  it('keep what the catalogue made of a configured code while the catalogue is not read', () => {
    const configured = { 1: 'mal' };
    const catalogue = [source('Maladie', { id: '5', code: 'MAL' })];
    const read = mergeReasons({ ...none, target: [sick], configured, source: catalogue });
    expect(only(read)).toMatchObject({ match: { id: '5', code: 'MAL', caption: 'Maladie' } });
    expect(mergeReasons({ ...none, known: read, target: [sick], configured, complete: false })).toEqual(read);
    const other = mergeReasons({ ...none, known: read, target: [sick], configured: { 1: 'ABS' }, complete: false });
    expect(only(other)).toMatchObject({ match: { id: 'ABS' } });
  });

  it('keep a proposal while the source is not asked, and lose it when it does not fit any more', () => {
    const proposed = mergeReasons({ ...none, target: [sick], source: [source('Maladie')] });
    expect(mergeReasons({ ...none, known: proposed, target: [], complete: false })).toEqual(proposed);
    expect(only(mergeReasons({ ...none, known: proposed, target: [sick], source: [] }))).toMatchObject({
      state: 'open',
    });
  });

  it('are of no use once the target does not list them, and of unknown use where it does not count', () => {
    expect(only(mergeReasons({ ...none, known: [confirmed] }))).toMatchObject({ uses: 0 });
    expect(only(mergeReasons({ ...none, target: [{ id: '9', name: 'Stage' }] }))).toMatchObject({ uses: null });
    expect(only(mergeReasons({ ...none, target: [{ id: '9', name: 'Stage' }], complete: false }))).toMatchObject({
      uses: 0,
    });
  });
});
