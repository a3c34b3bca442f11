import { z } from 'zod';

/*
 * How Auriga speaks, as far as nobody documents it. The calls that run a saved query are SEEN in public clients of live
 * installations; whatever is marked "assumed" is public nowhere and was designed to fit. When a school shows its real
 * answers, this is the file to change, together with the simulator.
 */

/** Assumed: neither side names a limit. Sign-ins are counted apart, since another server answers them. */
export const rateClass = 'normal';
export const signInRateClass = 'sign-in';
export const defaultRates = { [rateClass]: 120, [signInRateClass]: 60 };

/** Sent by the product's own pages with every request (seen); whether it is needed is not known. */
export const scopeHeader = { 'x-scope': 'frontend' };

/** The two saved queries of the set-up page. */
export type Favourite = 'interventions' | 'groups';

/** The usual size of a page (seen); a server that caps lower says so by its number of pages. */
export const pageSize = 100;

/** The menu, which says under which entry a saved query runs. That a favourite stands in it is assumed. */
export function menusUrl(base: URL): URL {
  return new URL('menus', base);
}

export function queryUrl(base: URL, menuEntryId: string, queryId: string): URL {
  return new URL(`menuEntries/${menuEntryId}/query/${queryId}`, base);
}

/** Pages count from 1 (seen). Asking writes nothing, although it is a POST. */
export function searchUrl(base: URL, menuEntryId: string, page: number, size = pageSize): URL {
  const url = new URL(`menuEntries/${menuEntryId}/searchResult`, base);
  url.search = new URLSearchParams({
    size: String(size),
    page: String(page),
    sort: 'id',
    disableWarnings: 'true',
  }).toString();
  return url;
}

const integer = z.union([z.int().min(0), z.string().regex(/^\d+$/).transform(Number)]);
const id = z.union([z.string(), z.number()]).transform(String);

export const menusShape = z.looseObject({
  menus: z.array(
    z.looseObject({
      objects: z
        .array(z.looseObject({ menuEntryId: id.nullish(), queryId: id.nullish() }))
        .nullish()
        .transform((objects) => objects ?? []),
    }),
  ),
});

/** A saved query. All of it is sent back to run it; only these parts are looked at. */
export const definitionShape = z.looseObject({
  queryDefinition: z.looseObject({
    searchResultGlobal: z.looseObject({ timezone: z.string().nullish() }).nullish(),
  }),
});
export type Definition = z.infer<typeof definitionShape>['queryDefinition'];

/** One column of an answer: one for each cell of a line, in that order (assumed). */
const columnShape = z.looseObject({
  field: z.string().nullish(),
  path: z.string().nullish(),
  label: z.unknown().optional(),
  defaultLabel: z.unknown().optional(),
});
export type Column = z.infer<typeof columnShape>;

export const pageShape = z.looseObject({
  content: z.looseObject({
    columns: z.array(columnShape).nullish(),
    lines: z.array(z.array(z.unknown())),
  }),
  totalPages: integer,
  /** Assumed; never required. */
  totalElements: integer.nullish().catch(undefined),
});

/** What a favourite must show, by our own names for it. */
export interface WantedColumn {
  /** As the set-up page has it, for people to read. */
  readonly header: string;
  /** Where the product's model keeps it: the field, and how its path ends. None for a calculated column. */
  readonly model?: { readonly field: string; readonly path: RegExp };
  /** Headers it may have, in any language of the product; the set-up page's own is among them. */
  readonly labels: readonly string[];
  /** Without it nothing of the favourite can be read. */
  readonly required: boolean;
}

/** A path is the way through the model, joined by dashes (seen); that the root is one word is assumed. */
const root = /^[^-]*$/;
const below = (end: string) => new RegExp(`(^|-)${end}s?$`, 'i');

export type InterventionColumn =
  | 'id'
  | 'start'
  | 'end'
  | 'unit'
  | 'activity'
  | 'description'
  | 'roomLabel'
  | 'roomCode'
  | 'learners'
  | 'instructors'
  | 'groups';
export type GroupColumn = 'id' | 'label' | 'code' | 'learners';

/** In the documented order. The models are seen in public definitions, their French headers partly assumed. */
export const interventionColumns: Readonly<Record<InterventionColumn, WantedColumn>> = {
  id: { header: 'ID', model: { field: 'id', path: root }, labels: ['ID', 'Identifiant'], required: true },
  start: { header: 'Start', model: { field: 'startDateTime', path: root }, labels: ['Start', 'Début'], required: true },
  end: { header: 'End', model: { field: 'endDateTime', path: root }, labels: ['End', 'Fin'], required: true },
  unit: {
    header: 'Educational Unit.Label',
    model: { field: 'caption', path: below('pedagogicalUnit') },
    labels: [
      'Educational Unit.Label',
      'Pedagogical component.Label',
      'Pedagogical unit.Label',
      'Composant pédagogique.Libellé',
      'Unité pédagogique.Libellé',
    ],
    required: false,
  },
  activity: {
    header: 'Activity Type.Label',
    model: { field: 'caption', path: below('activityType') },
    labels: ['Activity Type.Label', "Type d'activité.Libellé"],
    required: false,
  },
  description: {
    header: 'Session (Description)',
    model: { field: 'description', path: root },
    labels: ['Session (Description)', 'Séance (Description)', 'Session.Description', 'Description'],
    required: false,
  },
  roomLabel: {
    header: 'Resource.Label',
    model: { field: 'caption', path: below('resource') },
    labels: ['Resource.Label', 'Ressource.Libellé'],
    required: false,
  },
  roomCode: {
    header: 'Resource.Code',
    model: { field: 'code', path: below('resource') },
    labels: ['Resource.Code', 'Ressource.Code'],
    required: false,
  },
  learners: { header: 'Learner(s)', labels: ['Learner(s)', 'Apprenant(s)', 'Étudiant(s)'], required: true },
  instructors: {
    header: 'Instructor(s)',
    labels: ['Instructor(s)', 'Intervenant(s)', 'Formateur(s)', 'Enseignant(s)'],
    required: true,
  },
  groups: {
    header: 'Group ID(s)',
    labels: ['Group ID(s)', 'Group(s) ID', 'ID groupe(s)', 'ID du groupe', 'Groupe(s) ID', 'ID(s) groupe(s)'],
    required: false,
  },
};

export const groupColumns: Readonly<Record<GroupColumn, WantedColumn>> = {
  id: { header: 'ID', model: { field: 'id', path: root }, labels: ['ID', 'Identifiant'], required: true },
  label: { header: 'Label', model: { field: 'caption', path: root }, labels: ['Label', 'Libellé'], required: true },
  code: { header: 'Code', model: { field: 'code', path: root }, labels: ['Code'], required: false },
  learners: { header: 'Learner(s)', labels: ['Learner(s)', 'Apprenant(s)', 'Étudiant(s)'], required: true },
};

/** Documented, but for the spaces around the sign, which are assumed. */
export const titleSeparator = ' § ';

/** Between people, and between identifiers (documented). */
export const listSeparator = '|';
/** Between the parts of a person: id, last name, first name, e-mail (documented). */
export const partSeparator = '/';

/** In which language a text is taken (assumed): the first of these that has one, else any that has. */
export const languages = ['fr', 'en'];

/** The title of a favourite, for people who check. */
export const titleShape = z.looseObject({
  queryDefinition: z.looseObject({
    searchResultDefinition: z.looseObject({ queryTitle: z.unknown().optional() }).nullish(),
  }),
});

/** How a part of a snapshot is called: the only thing it keeps of what was asked. */
export function partName(favourite: Favourite, page?: number): string {
  return page === undefined ? `${favourite}/definition` : `${favourite}?page=${page}`;
}

/*
 * Absences: ASSUMED entirely. Only that they can be returned, and that reasons are mapped, is documented.
 */

export function absencesUrl(base: URL, query: Readonly<Record<string, string>> = {}): URL {
  const url = new URL('absences', base);
  url.search = new URLSearchParams(query).toString();
  return url;
}

export function absenceUrl(base: URL, absenceId: string): URL {
  return new URL(`absences/${encodeURIComponent(absenceId)}`, base);
}

/** Names an absence for good, so that a repeat after a crash finds the one before. */
export function absenceCode(sheetId: string, personKey: string): string {
  return `edusign-${sheetId}-${personKey}`;
}

export function absenceReasonsUrl(base: URL, query: Readonly<Record<string, string>>): URL {
  const url = new URL('absenceReasons', base);
  url.search = new URLSearchParams(query).toString();
  return url;
}

export const absenceReasonsShape = z.looseObject({
  content: z.array(
    z.looseObject({ id, code: z.string().nullish(), caption: z.unknown(), justified: z.boolean().nullish() }),
  ),
  totalPages: integer,
});

const reference = z.looseObject({ id });

const absenceShape = z.looseObject({
  id,
  externalCode: z.string().nullish(),
  absenceReason: reference.nullish(),
  startDateTime: z.string().nullish(),
  endDateTime: z.string().nullish(),
  justified: z.boolean().nullish(),
  comment: z.string().nullish(),
});
export type HeldAbsence = z.infer<typeof absenceShape>;

export const absencesShape = z.looseObject({ content: z.array(absenceShape), totalPages: integer });

/** The answer to an absence that was there already: the one there. */
export const conflictShape = z.looseObject({ id });

export const absenceErrorsShape = z.looseObject({
  errors: z
    .array(z.looseObject({ field: z.string().nullish(), code: z.string().nullish(), message: z.string().nullish() }))
    .min(1),
});

/** An absence as it is written. */
export interface Absence {
  readonly externalCode: string;
  readonly intervention: { readonly id: number | string };
  readonly person: { readonly id: number | string };
  readonly absenceReason: { readonly id: number | string } | null;
  readonly startDateTime: string;
  readonly endDateTime: string;
  readonly justified: boolean;
  readonly comment: string;
}

/** Identifiers are integers; keys that came as text go back as text. */
export function wireId(key: string): number | string {
  return String(Number(key)) === key && Number.isSafeInteger(Number(key)) ? Number(key) : key;
}
