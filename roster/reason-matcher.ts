import type { SourceReason } from './contracts.ts';
import { reasonMeanings } from './reason-words.ts';

/** How two reasons were seen to be the same, the surest first. */
export const matchedHow = ['code', 'text', 'case', 'accents', 'synonym'] as const;
export type MatchedHow = (typeof matchedHow)[number];

/** A proposal: a person confirms it, or chooses another. */
export interface ReasonProposal {
  readonly reasonId: string;
  readonly source: SourceReason;
  readonly how: MatchedHow;
}

/**
 * Proposes a reason of the source for each reason of a target: the surest way in which exactly one fits. Where several fit
 * equally, one that the source takes for justified goes before one it does not; what is still not clear is left to a person.
 * Several of the target may fit one of the source.
 */
export function proposeMatches(
  targets: readonly { readonly id: string; readonly name: string }[],
  sources: readonly SourceReason[],
): ReasonProposal[] {
  return targets.flatMap((target) => {
    for (const how of matchedHow) {
      const fitting = sources.filter((source) => fits[how](target.name, source));
      if (fitting.length === 0) continue;
      const justified = fitting.filter((source) => source.justified);
      const [only, another] = justified.length > 0 ? justified : fitting;
      return only !== undefined && another === undefined ? [{ reasonId: target.id, source: only, how }] : [];
    }
    return [];
  });
}

const fits: Readonly<Record<MatchedHow, (name: string, source: SourceReason) => boolean>> = {
  code: (name, { code }) => same(name, code, tidy),
  text: (name, { caption }) => same(name, caption, tidy),
  case: (name, { caption }) => same(name, caption, lower),
  accents: (name, { caption }) => same(name, caption, bare),
  synonym: (name, { caption }) => {
    const meanings = meaningsOf(name);
    return meaningsOf(caption).some((meaning) => meanings.includes(meaning));
  },
};

/** An empty text is like no other. */
function same(one: string, other: string, form: (text: string) => string): boolean {
  return form(one) !== '' && form(one) === form(other);
}

/** As people mean it: one kind of space, composed letters. */
function tidy(text: string): string {
  return text.normalize('NFKC').replace(/\s+/g, ' ').trim();
}

function lower(text: string): string {
  return tidy(text).toLowerCase();
}

/** Letters and digits only: how a reason is looked up that people type by hand. */
export function bare(text: string): string {
  return lower(text)
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replaceAll('œ', 'oe')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

const smallWords = new Set(
  'a an the of for in at on to d de du des l la le les un une et and en au aux pour chez dans absence motif raison reason reasons'.split(
    ' ',
  ),
);

/** Without small words and plurals. A text of small words only stays as it is. */
function stem(text: string): string {
  const words = bare(text).split(' ');
  const telling = words.filter((word) => !smallWords.has(word));
  return (telling.length > 0 ? telling : words).map((word) => word.replace(/(?<=\p{L}{3})[sx]$/u, '')).join(' ');
}

const meaningOfStem: ReadonlyMap<string, readonly string[]> = meaningsByStem();

function meaningsByStem(): Map<string, string[]> {
  const byStem = new Map<string, string[]>();
  for (const [meaning, words] of Object.entries(reasonMeanings)) {
    for (const word of words) byStem.set(stem(word), [...(byStem.get(stem(word)) ?? []), meaning]);
  }
  return byStem;
}

/** The whole text, and each part of one that names several: "Décès / obsèques", "Illness (certificate)". */
function meaningsOf(text: string): readonly string[] {
  const parts = [text, ...text.split(/\s*[/,;()]\s*|\s+(?:ou|or)\s+/iu)];
  return parts.flatMap((part) => meaningOfStem.get(stem(part)) ?? []);
}
