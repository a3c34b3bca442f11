import { DateTime } from 'luxon';
import type { Window } from '../../roster/window.ts';
import type { DirectoryOption } from './options.ts';
import { directoryUrl, eventsUrl } from './wire.ts';

/** One of the paged lists of the API, and how its pages are called in a snapshot. */
export interface List {
  /** For error texts. */
  readonly words: string;
  readonly url: (page: number, size?: number) => URL;
  readonly part: (page: number) => string;
  /** The directory it belongs to, and the option that named it; none where the events did. */
  readonly directory?: string;
  readonly option?: DirectoryOption;
}

/** What a part holds, by its name: the only thing a snapshot keeps of what was asked. */
export type PartOf =
  | { readonly kind: 'events'; readonly range: 'window' | 'beyond' }
  | { readonly kind: 'groups'; readonly directory: string };

const beyond = 'evenements-suivants';

export function eventsWithin(base: URL, { fromDate, toDate }: Window): List {
  return {
    words: 'events',
    url: (page, size) => eventsUrl(base, fromDate, toDate, page, size),
    part: (page) => `evenements?numeroPage=${page}`,
  };
}

/** The days after the window, which are read so that people can be told when a lesson will be sent. */
export function eventsBeyond(base: URL, { toDate }: Window, days: number): List {
  const last = DateTime.fromISO(toDate, { zone: 'utc' });
  const day = (after: number) => last.plus({ days: after }).toFormat('yyyy-MM-dd');
  return {
    words: 'events beyond the window',
    url: (page, size) => eventsUrl(base, day(1), day(days), page, size),
    part: (page) => `${beyond}?numeroPage=${page}`,
  };
}

/** The groups of a directory; `isChosen` when an option of the connection names it. */
export function groupsOf(base: URL, directory: string, isChosen: boolean): List {
  return {
    words: `groups of directory ${directory}`,
    url: (page, size) => directoryUrl(base, directory, 'groupes', page, size),
    part: (page) => `annuaires/${directory}/groupes?numeroPage=${page}`,
    directory,
    ...(isChosen && { option: 'annuaireIdStudentsGroups' as const }),
  };
}

/** The people of a directory. They are only counted: people come from events (documented). */
export function membersOf(base: URL, directory: string, option: DirectoryOption): List {
  return {
    words: `people of directory ${directory}`,
    url: (page, size) => directoryUrl(base, directory, 'personnes', page, size),
    part: (page) => `annuaires/${directory}/personnes?numeroPage=${page}`,
    directory,
    option,
  };
}

export function partOf(part: string): PartOf {
  const directory = /^annuaires\/([^/]+)\/groupes\?/.exec(part)?.[1];
  if (directory !== undefined) return { kind: 'groups', directory };
  return { kind: 'events', range: part.startsWith(`${beyond}?`) ? 'beyond' : 'window' };
}
