/**
 * Names of the search attributes of our workflows, all of type Keyword: never encrypted, so codes only, never people.
 * SQL visibility has ten Keyword slots in a namespace; seven is the most we ever take.
 */
export const searchAttributes = {
  organisation: 'RollcallOrganisation',
  connection: 'RollcallConnection',
  trigger: 'RollcallTrigger',
  state: 'RollcallState',
  code: 'RollcallCode',
} as const;
