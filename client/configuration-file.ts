import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { systems } from '../connectors/registry.ts';
import type { System } from '../connectors/system.ts';
import { changeKinds, operations } from '../roster/changes.ts';
import type { Limits } from '../roster/safety-filter.ts';
import { localTimes, type Schedule, ScheduleError } from '../roster/schedule.ts';
import type { Configuration, ConfiguredAccount, ConfiguredConnection } from '../store/configuration.ts';
import { subscribers, subscribersOf, telling } from './subscribers-file.ts';
import { calendar, calendarIn, type GivenSchedule, schedule, scheduleIn, zone } from './times-file.ts';

/** Every problem of a configuration file, each with its place. Nothing of the file was applied. */
export class ConfigurationFileError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigurationFileError';
    this.problems = problems;
  }
}

const code = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens, as in "north-campus"');

const side = z.strictObject({ account: code, options: z.record(z.string(), z.unknown()).default({}) });

const limit = z.strictObject({ percent: z.number().min(0).max(100), floor: z.number().int().min(0) });
const limits = z.partialRecord(z.enum(changeKinds), z.partialRecord(z.enum(operations), limit));

const file = z.strictObject({
  organisation: z.strictObject({
    code,
    name: z.string().min(1),
    timeZone: zone,
    calendar: calendar.default({}),
    subscribers: subscribers.optional(),
  }),
  accounts: z
    .record(
      code,
      z.strictObject({
        system: z.enum([...systems.keys()] as [string, ...string[]]),
        settings: z.record(z.string(), z.unknown()).default({}),
        requestTimeoutSeconds: z.number().min(0.5).max(600).default(20),
        requestsPerMinute: z.record(z.string(), z.number().int().min(1).max(1_000_000)).default({}),
      }),
    )
    .default({}),
  connections: z
    .record(
      code,
      z.strictObject({
        name: z.string().min(1),
        source: side,
        target: side,
        limits: limits.default({}),
        overLimit: z.enum(['hold-part', 'stop-all']).default('hold-part'),
        limitsOnReturn: limits.default({}),
        schedule: schedule.default('twice-a-day'),
        runsOnSchoolFreeDays: z.boolean().default(false),
        ...telling,
      }),
    )
    .default({}),
});

type Path = readonly PropertyKey[];

/**
 * Reads a configuration file. Errors name file, line and path, and the values that are allowed there.
 *
 * @throws ConfigurationFileError with every problem at once.
 */
export function readConfigurationFile(path: string, text: string): Configuration {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  if (document.errors.length > 0) {
    throw new ConfigurationFileError(
      document.errors.map((error) => `${path}:${lineAt(error.pos[0])}: ${error.message}`),
    );
  }
  const at = (where: Path): string => `${path}:${lineOf(document, where, lineAt)}: ${where.join('.') || 'the file'}`;
  const problems: string[] = [];
  const check = <T>(schema: z.ZodType<T>, value: unknown, where: Path): T | undefined => {
    const result = schema.safeParse(value, { reportInput: true });
    if (result.success) return result.data;
    for (const issue of result.error.issues) {
      const place = [...where, ...issue.path];
      // The line of an unknown key is its own, not that of what it stands in.
      const places = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...place, key]) : [place];
      problems.push(...places.map((one) => `${at(one)}: ${explain(issue, schema)}`));
    }
    return undefined;
  };

  const parsed = check(file, valuesOf(document, path), []);
  if (parsed === undefined) throw new ConfigurationFileError(problems);
  const accounts = Object.entries(parsed.accounts).map(([accountCode, account]): ConfiguredAccount => {
    const system = systemNamed(account.system);
    const where = ['accounts', accountCode];
    const classes = Object.keys(system.defaultRates);
    for (const rateClass of Object.keys(account.requestsPerMinute).filter((name) => !classes.includes(name))) {
      problems.push(`${at([...where, 'requestsPerMinute', rateClass])}: is not a rate class; ${oneOf(classes)}`);
    }
    return {
      code: accountCode,
      system: account.system,
      settings: check(system.accountSettings, account.settings, [...where, 'settings']) ?? {},
      requestTimeoutMs: Math.round(account.requestTimeoutSeconds * 1000),
      rates: { ...system.defaultRates, ...account.requestsPerMinute },
    };
  });
  const byCode = new Map(accounts.map((account) => [account.code, account]));
  const sideOf = (role: 'source' | 'target', given: z.infer<typeof side>, connectionCode: string) => {
    const where = ['connections', connectionCode, role];
    const account = byCode.get(given.account);
    if (account === undefined) {
      problems.push(`${at([...where, 'account'])}: no account "${given.account}"; ${oneOf([...byCode.keys()])}`);
      return { options: {}, identity: '' };
    }
    const system = systemNamed(account.system);
    const schema = role === 'source' ? system.sourceOptions : system.targetOptions;
    if (schema === undefined) {
      problems.push(`${at([...where, 'account'])}: ${system.name} cannot be a ${role}`);
      return { options: {}, identity: '' };
    }
    const options = check(schema, given.options, [...where, 'options']) ?? {};
    return {
      options,
      identity: problems.length === 0 ? `${system.code} ${system.sourceIdentity(account.settings, options)}` : '',
    };
  };
  /** What can be read but not kept is told like everything else: with its place. */
  const scheduleOf = (given: GivenSchedule, where: Path): Schedule | null => {
    const schedule = scheduleIn(given, parsed.organisation.timeZone);
    try {
      if (schedule !== null) localTimes(schedule, 0);
    } catch (error) {
      if (!(error instanceof ScheduleError)) throw error;
      problems.push(`${at(where)}: ${error.message}`);
    }
    return schedule;
  };
  const connections = Object.entries(parsed.connections).map(([connectionCode, connection]): ConfiguredConnection => {
    const source = sideOf('source', connection.source, connectionCode);
    const target = sideOf('target', connection.target, connectionCode);
    return {
      code: connectionCode,
      name: connection.name,
      sourceAccount: connection.source.account,
      targetAccount: connection.target.account,
      sourceOptions: source.options,
      targetOptions: target.options,
      sourceIdentity: source.identity,
      limits: connection.limits as Limits,
      overLimit: connection.overLimit,
      limitsOnReturn: connection.limitsOnReturn as Limits,
      schedule: scheduleOf(connection.schedule, ['connections', connectionCode, 'schedule']),
      runsOnSchoolFreeDays: connection.runsOnSchoolFreeDays,
      subscribers: subscribersOf(connection.subscribers),
      contact: connection.contact,
      mailSubjects: connection.mailSubjects,
    };
  });
  if (problems.length > 0) throw new ConfigurationFileError(problems);
  const organisation = {
    ...parsed.organisation,
    calendar: calendarIn(parsed.organisation.calendar),
    subscribers: subscribersOf(parsed.organisation.subscribers),
  };
  return { organisation, accounts, connections };
}

/** The plain values of a document. Aliases that name nothing, or that multiply without end, show only here. */
function valuesOf(document: ReturnType<typeof parseDocument>, path: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new ConfigurationFileError([
      `${path}:1: the file: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
}

function systemNamed(name: string): System {
  const system = systems.get(name);
  if (system === undefined) throw new Error(`The schema let the unknown system "${name}" pass.`);
  return system;
}

/** The line of the key or item a path ends in, or of the nearest one above that the file has. */
function lineOf(document: ReturnType<typeof parseDocument>, where: Path, lineAt: (offset: number) => number): number {
  for (let length = where.length; length > 0; length -= 1) {
    const parent = length === 1 ? document.contents : document.getIn(where.slice(0, length - 1) as unknown[], true);
    if (isSeq(parent)) {
      const item = parent.items[Number(where[length - 1])];
      if (isNode(item) && item.range) return lineAt(item.range[0]);
    }
    if (!isMap(parent)) continue;
    const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(where[length - 1]));
    if (isScalar(pair?.key) && pair.key.range) return lineAt(pair.key.range[0]);
  }
  return 1;
}

function explain(issue: z.core.$ZodIssue, schema: z.ZodType): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return `is unknown; ${oneOf(keysAt(schema, issue.path))}`;
    case 'invalid_key':
      return issue.issues.map(({ message }) => message).join('; ');
    case 'invalid_value':
      return oneOf(issue.values.map(String));
    case 'invalid_type':
      return issue.input === undefined ? `is missing (${issue.expected})` : `must be ${issue.expected}`;
    default:
      return issue.message;
  }
}

/** The keys a schema knows at a path, for telling what could have been meant. */
function keysAt(schema: unknown, path: Path): string[] {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) return keysAt(schema.unwrap(), path);
  const [first, ...rest] = path;
  if (schema instanceof z.ZodRecord) return first === undefined ? [] : keysAt(schema.valueType, rest);
  if (schema instanceof z.ZodArray) return first === undefined ? [] : keysAt(schema.element, rest);
  if (!(schema instanceof z.ZodObject)) return [];
  return first === undefined ? Object.keys(schema.shape) : keysAt(schema.shape[String(first)], rest);
}

function oneOf(values: readonly string[]): string {
  return values.length === 0 ? 'none is allowed here' : `allowed: ${values.join(', ')}`;
}
