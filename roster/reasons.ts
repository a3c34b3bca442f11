import type { SourceReason, TargetReason } from './contracts.ts';
import { bare, type MatchedHow, proposeMatches } from './reason-matcher.ts';

/** The reason of the source that a reason of the target goes as. */
export interface ReasonMatch {
  /** Empty: it goes in words, without a code. */
  readonly id: string;
  readonly code: string;
  /** As the source's catalogue words it; empty where codes are typed. */
  readonly caption: string;
}

/** Only a confirmed match is used. `open`: nothing was seen to fit. */
export type ReasonState = 'open' | 'proposed' | 'confirmed';

/** A reason of the target, and what it goes as. */
export interface Reason {
  readonly reasonId: string;
  readonly name: string;
  /** Justifications at the target that carry it, when its catalogue was read last; null where it does not tell. */
  readonly uses: number | null;
  readonly state: ReasonState;
  readonly match: ReasonMatch | null;
  /** How a proposal was found. */
  readonly how: MatchedHow | null;
  /** Who confirmed it. */
  readonly origin: 'configuration' | 'person' | null;
}

/** What is known of a connection's reasons, and what was heard of them now. */
export interface ReasonsHeard {
  readonly known: readonly Reason[];
  /** From the target: its catalogue, or reasons that marks carry. */
  readonly target: readonly TargetReason[];
  /** Whether `target` is the whole catalogue: what is not in it is in no use there any more. */
  readonly complete: boolean;
  /** The catalogue of the source, where it was read. */
  readonly source?: readonly SourceReason[];
  /** Codes by the target's id or name, from the configuration file. */
  readonly configured: Readonly<Record<string, string>>;
}

/**
 * The reasons of a connection as they stand after what was heard. What a person chose stays; the configuration file
 * confirms what it names, by id before name; of the rest, matches are proposed where the source's catalogue was read.
 */
export function mergeReasons({ known, target, complete, source, configured }: ReasonsHeard): Reason[] {
  const before = new Map(known.map((reason) => [reason.reasonId, reason]));
  const heard = new Map(target.map((reason) => [reason.id, reason]));
  const codes = new Map(Object.entries(configured).map(([reason, code]) => [bare(reason), code]));
  const named = [...new Set([...before.keys(), ...heard.keys()])].map((id) => ({
    id,
    name: heard.get(id)?.name || before.get(id)?.name || '',
    uses: usesOf(before.get(id), heard.get(id), complete),
  }));
  const proposals = new Map(proposeMatches(named, source ?? []).map((proposal) => [proposal.reasonId, proposal]));
  return named.map(({ id, name, uses }): Reason => {
    const reason = { reasonId: id, name, uses };
    const was = before.get(id);
    if (was?.origin === 'person') return { ...was, ...reason };
    const code = codes.get(bare(id)) ?? (bare(name) === '' ? undefined : codes.get(bare(name)));
    if (code !== undefined) {
      const match = source === undefined && was?.origin === 'configuration' && isOf(code, was.match) ? was.match : null;
      const settled = { state: 'confirmed', how: null, origin: 'configuration' } as const;
      return { ...reason, ...settled, match: match ?? matchOf(code, source) };
    }
    const proposal = proposals.get(id);
    if (proposal !== undefined) {
      return { ...reason, state: 'proposed', match: matchWith(proposal.source), how: proposal.how, origin: null };
    }
    const stays = source === undefined && was?.state === 'proposed';
    return stays ? { ...was, ...reason } : { ...reason, state: 'open', match: null, how: null, origin: null };
  });
}

function usesOf(was: Reason | undefined, heard: TargetReason | undefined, complete: boolean): number | null {
  if (heard?.uses !== undefined) return heard.uses;
  if (heard === undefined && complete) return 0;
  // A reason that was only seen on a mark is counted by our own lines.
  return was === undefined ? (complete ? null : 0) : was.uses;
}

/**
 * The source's own reason for a code or id as a person typed it. Undefined where its catalogue has none, or several reasons
 * with this code: then only the id says which.
 */
export function findSourceReason(code: string, source: readonly SourceReason[]): SourceReason | undefined {
  const byId = source.find(({ id }) => id === code.trim());
  const byCode = (form: (text: string) => string) => {
    const fitting = source.filter((one) => form(one.code) === form(code));
    return fitting.length === 1 ? fitting[0] : undefined;
  };
  return byId ?? byCode((text) => text.trim()) ?? byCode(bare);
}

/** What a code goes as; where the catalogue does not have it, just as it was typed. */
function matchOf(code: string, source: readonly SourceReason[] = []): ReasonMatch {
  const found = findSourceReason(code, source);
  return found === undefined ? { id: code, code, caption: '' } : matchWith(found);
}

/** Whether a match is what the catalogue made of this code when it was read. */
function isOf(code: string, match: ReasonMatch | null): boolean {
  return match !== null && [match.code, match.id].map(bare).includes(bare(code));
}

export function matchWith({ id, code, caption }: SourceReason): ReasonMatch {
  return { id, code, caption };
}
