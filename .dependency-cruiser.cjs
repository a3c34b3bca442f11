// The arrows of the house: every room may use the rooms below it, none may use a room above it.
const house = ['client', 'worker', 'workflows', 'activities', 'connectors', 'store', 'roster'];
const room = (name) => `^${name}/`;

const onlyDown = house.flatMap((name, level) =>
  level === 0
    ? []
    : [
        {
          name: `${name}-never-looks-up`,
          comment: `${name}/ may import only the rooms below it: ${house.slice(level + 1).join(', ') || 'none'}.`,
          severity: 'error',
          from: { path: room(name) },
          to: { path: `^(${house.slice(0, level).join('|')}|local|simulators|test|bench)/` },
        },
      ],
);

module.exports = {
  forbidden: [
    ...onlyDown,
    {
      name: 'connectors-never-store',
      comment: 'A connector knows one wire format and the domain, nothing else.',
      severity: 'error',
      from: { path: '^connectors/' },
      to: { path: '^store/' },
    },
    {
      name: 'connectors-never-each-other',
      comment: 'One outside system never depends on another one.',
      severity: 'error',
      from: { path: '^connectors/([^/]+)/' },
      to: { path: '^connectors/([^/]+)/', pathNot: '^connectors/$1/' },
    },
    {
      name: 'simulators-are-strangers',
      comment: 'A simulator that shares our code would share our mistakes.',
      severity: 'error',
      from: { path: '^simulators/' },
      to: { path: `^(${house.join('|')}|local|test|bench)/` },
    },
    {
      name: 'roster-is-pure',
      comment: 'The domain has no I/O, no clock and no Temporal.',
      severity: 'error',
      from: { path: '^roster/' },
      to: {
        path: '(@temporalio|node_modules/(pg|axios|pino)|^(fs|net|http|https|crypto|child_process|timers)$)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'workflows-only-orchestrate',
      comment: 'Workflow code is deterministic: activities by type only, no Node built-in, no database, no HTTP.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: {
        pathNot: '^(workflows|roster)/|node_modules/@temporalio/(workflow|common)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'sql-lives-in-store',
      comment: 'Every SQL statement of the project lives in store/.',
      severity: 'error',
      from: { path: `^(${house.filter((name) => name !== 'store').join('|')})/` },
      to: { path: 'node_modules/(pg|pg-copy-streams)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, pathNot: '^(test|bench)/|\\.d\\.ts$' }, to: {} },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
