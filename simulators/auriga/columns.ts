import { DateTime } from 'luxon';
import { Pick } from '../kit/pick.ts';
import type { Caption, Favourite, Group, Intervention, Person } from './state.ts';

/** The server's own zone: what a query without one is rendered in. */
export const serverZone = 'Europe/Paris';

/** What a line is made from: an intervention with one of its units and one of its resources. */
export interface InterventionLine {
  readonly intervention: Intervention;
  readonly unit: Caption | undefined;
  readonly activity: Caption | undefined;
  readonly resource: { readonly caption: Caption; readonly code: string } | undefined;
  readonly instructors: readonly Person[];
  readonly learners: readonly Person[];
}

interface Node<Line> {
  readonly key: string;
  readonly path: string;
  readonly field: string;
  readonly type: string;
  readonly label: Caption;
  readonly cell: (line: Line, favourite: Favourite) => unknown;
}

const people = (persons: readonly Person[]) =>
  persons.map(({ id, lastName, firstName, mail }) => `${id}/${lastName}/${firstName}/${mail}`).join('|');

/** Local time without an offset (documented example), in the zone of the query's definition. */
const local = (instant: string, { timezone }: Favourite) =>
  DateTime.fromISO(instant, { zone: timezone ?? serverZone }).toFormat("yyyy-MM-dd'T'HH:mm:ss");

const root = 'Intervention';
const unit = 'Intervention-interventionPedagogicalUnits-pedagogicalUnit';
const resource = 'Intervention-interventionResources-resource';

/** The favourite "Interventions" in the documented order; headers in both languages, nested ones as parent.child. */
const interventionNodes: readonly Node<InterventionLine>[] = [
  {
    key: 'id',
    path: root,
    field: 'id',
    type: 'integer',
    label: { fr: 'ID', en: 'ID' },
    cell: (l) => l.intervention.id,
  },
  {
    key: 'start',
    path: root,
    field: 'startDateTime',
    type: 'timestamptz',
    label: { fr: 'Début', en: 'Start' },
    cell: (l, f) => local(l.intervention.startDateTime, f),
  },
  {
    key: 'end',
    path: root,
    field: 'endDateTime',
    type: 'timestamptz',
    label: { fr: 'Fin', en: 'End' },
    cell: (l, f) => local(l.intervention.endDateTime, f),
  },
  {
    key: 'unit',
    path: unit,
    field: 'caption',
    type: 'mlstring',
    label: { fr: 'Composant pédagogique.Libellé', en: 'Pedagogical component.Caption' },
    cell: (l) => l.unit ?? null,
  },
  {
    key: 'activity',
    path: 'Intervention-activityType',
    field: 'caption',
    type: 'mlstring',
    label: { fr: "Type d'activité.Libellé", en: 'Activity Type.Caption' },
    // This one comes as the text of an object, as some versions write it.
    cell: (l) => (l.activity === undefined ? null : JSON.stringify(l.activity)),
  },
  {
    key: 'description',
    path: root,
    field: 'description',
    type: 'string',
    label: { fr: 'Séance (Description)', en: 'Session (Description)' },
    cell: (l) => l.intervention.description,
  },
  {
    key: 'roomLabel',
    path: resource,
    field: 'caption',
    type: 'string',
    label: { fr: 'Ressource.Libellé', en: 'Resource.Caption' },
    cell: (l, { lang }) => (l.resource === undefined ? null : (l.resource.caption[lang] ?? null)),
  },
  {
    key: 'roomCode',
    path: resource,
    field: 'code',
    type: 'code',
    label: { fr: 'Ressource.Code', en: 'Resource.Code' },
    cell: (l) => l.resource?.code ?? null,
  },
  {
    key: 'learners',
    path: root,
    field: 'calculatedField',
    type: 'string',
    label: { fr: 'Apprenant(s)', en: 'Learner(s)' },
    cell: (l) => people(l.learners),
  },
  {
    key: 'instructors',
    path: root,
    field: 'calculatedField',
    type: 'string',
    label: { fr: 'Intervenant(s)', en: 'Instructor(s)' },
    cell: (l) => people(l.instructors),
  },
  {
    key: 'groups',
    path: root,
    field: 'calculatedField',
    type: 'string',
    label: { fr: 'ID groupe(s)', en: 'Group ID(s)' },
    cell: (l) => l.intervention.groups.join('|'),
  },
];

/** The favourite "Groups". */
const groupNodes: readonly Node<Group>[] = [
  { key: 'id', path: 'Population', field: 'id', type: 'integer', label: { fr: 'ID', en: 'ID' }, cell: (g) => g.id },
  {
    key: 'label',
    path: 'Population',
    field: 'caption',
    type: 'mlstring',
    label: { fr: 'Libellé', en: 'Caption' },
    cell: (g) => g.caption,
  },
  {
    key: 'code',
    path: 'Population',
    field: 'code',
    type: 'code',
    label: { fr: 'Code', en: 'Code' },
    cell: (g) => g.code,
  },
  {
    key: 'learners',
    path: 'Population',
    field: 'calculatedField',
    type: 'string',
    label: { fr: 'Apprenant(s)', en: 'Learner(s)' },
    cell: (g) => g.learners.join('|'),
  },
];

export interface Rendered {
  /** The column nodes, one for each cell. */
  readonly columns: readonly unknown[];
  readonly lines: readonly (readonly unknown[])[];
}

export function renderInterventions(favourite: Favourite, lines: readonly InterventionLine[]): Rendered {
  return render(favourite, interventionNodes, lines);
}

export function renderGroups(favourite: Favourite, groups: readonly Group[]): Rendered {
  return render(favourite, groupNodes, groups);
}

function render<Line>(favourite: Favourite, nodes: readonly Node<Line>[], lines: readonly Line[]): Rendered {
  const shown = arranged(favourite, nodes);
  const cells = lines.map((line) => shown.map((node) => node.cell(line, favourite)));
  return { columns: shown.map(onWire), lines: favourite.joinIdenticalLines ? withoutTwins(cells) : cells };
}

/** Answers that do not name their columns come in the documented order: their reader has nothing else to go by. */
function arranged<Line>(favourite: Favourite, nodes: readonly Node<Line>[]): Node<Line>[] {
  const kept = nodes.filter(({ key }) => !favourite.without.includes(key));
  return favourite.namesColumns ? new Pick(favourite.seed).shuffled(kept) : kept;
}

function onWire({ key, path, field, type, label }: Node<never>, order: number): unknown {
  const calculated = field === 'calculatedField';
  return {
    guid: `guid-${key}`,
    path,
    api: 'interventions',
    field,
    label: calculated ? { fr: label['fr'] } : label,
    defaultLabel: label,
    modelName: path.split('-').at(-1),
    type,
    // These two say nothing about the order of the cells (seen).
    order: (order * 7) % 11,
    orderGlobal: (order * 5) % 11,
    visible: true,
    multilingual: type === 'mlstring',
    isCustom: calculated,
    ...(calculated ? { calculated: true, operations: [] } : {}),
    children: null,
  };
}

function withoutTwins(lines: readonly (readonly unknown[])[]): (readonly unknown[])[] {
  return [...new Map(lines.map((line) => [JSON.stringify(line), line])).values()];
}
