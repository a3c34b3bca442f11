import { z } from 'zod';

/** What Auriga holds, by the product's own names. Times are UTC instants; queries show them in a zone. */
const id = z.number().int();
/** A text by language; either may be missing. */
const caption = z.record(z.string(), z.string());

const personShape = z.strictObject({ id, lastName: z.string(), firstName: z.string(), mail: z.string() });
const codedShape = z.strictObject({ id, code: z.string(), caption });
const groupShape = z.strictObject({ id, code: z.string(), caption, learners: z.array(id) });

const interventionShape = z.strictObject({
  id,
  startDateTime: z.string(),
  endDateTime: z.string(),
  description: z.string().nullable(),
  /** About a third of the real ones have none, and some have three. */
  pedagogicalUnits: z.array(id),
  activityType: id.nullable(),
  resources: z.array(id),
  instructors: z.array(id),
  learners: z.array(id),
  /** May name groups that no favourite lists. */
  groups: z.array(id),
});

/** A saved query: which columns it shows in which order is the hand of whoever made it. */
const favouriteShape = z.strictObject({
  queryId: id,
  menuEntryId: id,
  kind: z.enum(['interventions', 'groups']),
  title: caption,
  timezone: z.string().nullable(),
  lang: z.enum(['fr', 'en']),
  joinIdenticalLines: z.boolean(),
  /** Shuffles its columns. */
  seed: z.number().int(),
  /** Whether the menu shows it to the account. */
  listed: z.boolean(),
  /** Columns somebody forgot or took out, by their keys in `columns.ts`. */
  without: z.array(z.string()),
  /** Whether answers name their columns. */
  namesColumns: z.boolean(),
});

const absenceReasonShape = z.strictObject({ id, code: z.string(), caption, justified: z.boolean() });

const reference = z.strictObject({ id });
const absenceShape = z.strictObject({
  id,
  externalCode: z.string(),
  intervention: reference,
  person: reference,
  absenceReason: reference.nullable(),
  startDateTime: z.string(),
  endDateTime: z.string(),
  justified: z.boolean(),
  comment: z.string(),
});

export const stateShape = z.strictObject({
  version: z.literal(1),
  persons: z.array(personShape),
  pedagogicalUnits: z.array(codedShape),
  activityTypes: z.array(codedShape),
  resources: z.array(codedShape),
  groups: z.array(groupShape),
  interventions: z.array(interventionShape),
  favourites: z.array(favouriteShape),
  absenceReasons: z.array(absenceReasonShape),
  absences: z.array(absenceShape),
});

export type AurigaState = z.infer<typeof stateShape>;
export type Person = z.infer<typeof personShape>;
export type Caption = z.infer<typeof caption>;
export type Coded = z.infer<typeof codedShape>;
export type Group = z.infer<typeof groupShape>;
export type Intervention = z.infer<typeof interventionShape>;
export type Favourite = z.infer<typeof favouriteShape>;
export type Absence = z.infer<typeof absenceShape>;
