import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { defaultTaskQueue } from '../activities/start-sync.ts';
import type { MailServer } from '../connectors/mail.ts';
import { RollcallError } from '../roster/errors.ts';
import { type MasterKeys, newMasterKey, parseMasterKeys } from '../store/envelope.ts';

/** How this process finds the rest of the installation. */
export interface Settings {
  /** Folder of local state: `.rollcall`, or `ROLLCALL_HOME`. */
  readonly home: string;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
  readonly taskQueue: string;
  /** Hosts in our own network that connectors may reach, of `ROLLCALL_ALLOW_HOSTS`. */
  readonly allowHosts: readonly string[];
  /** The forward proxy of `ROLLCALL_PROXY_URL`, for sources with the option useProxy. */
  readonly proxy: string | undefined;
  /** Addresses under which our requests are seen outside, of `ROLLCALL_PUBLIC_ADDRESSES`: what a school lets in. */
  readonly publicAddresses: readonly string[];
  /** The mail server of `ROLLCALL_SMTP_URL`, which may hold a user name and password, and our address of `ROLLCALL_MAIL_FROM`. */
  readonly mail: MailServer | undefined;
  /** Where people open Rollcall in a browser, of `ROLLCALL_PUBLIC_URL`: links in mails lead there. */
  readonly publicUrl: string | undefined;
  /** Local mode: the embedded stack, where the business clock may be set. */
  readonly local: boolean;
  readonly sliceMs: number;
  /** Between two sweeps, of `ROLLCALL_SWEEP_MS`. */
  readonly sweepEveryMs: number;
  /** Where a worker shows metrics and health, host:port of `ROLLCALL_METRICS_ADDRESS`; nowhere when it is not set. */
  readonly metricsAddress: string | undefined;
  /** What a sweep that succeeded asks for, of `ROLLCALL_HEARTBEAT_URL`: whoever watches from outside. May hold a secret. */
  readonly heartbeatUrl: string | undefined;
}

/** What `rollcall start` writes for the commands that follow it. */
export const stackFile = z.strictObject({
  databaseUrl: z.string(),
  temporalAddress: z.string(),
  temporalUi: z.string().nullable(),
  allowHosts: z.array(z.string()),
  pid: z.number().int(),
});
export type StackFile = z.infer<typeof stackFile>;

type Environment = Readonly<Record<string, string | undefined>>;

export function homeOf(env: Environment): string {
  return resolve(given(env, 'ROLLCALL_HOME') ?? '.rollcall');
}

/** The running local stack's file, or undefined when none was started here. */
export function readStackFile(home: string): StackFile | undefined {
  const path = join(home, 'stack.json');
  if (!existsSync(path)) return undefined;
  try {
    return stackFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new RollcallError(
      'STORE_UNAVAILABLE',
      `${path} is not what "rollcall start" writes. Remove it, then start.`,
      {
        cause,
      },
    );
  }
}

/** A variable that is set to nothing counts as not set. */
function given(env: Environment, name: string): string | undefined {
  return env[name] === '' ? undefined : env[name];
}

/** Settings from the environment, then from the local stack. What is missing is told with the way to mend it. */
export function readSettings(env: Environment): Settings {
  const home = homeOf(env);
  const stack = readStackFile(home);
  const need = (name: string, found: string | undefined): string => {
    if (found !== undefined) return found;
    throw new RollcallError(
      'STORE_UNAVAILABLE',
      `${name} is not set and no local stack was found in ${home}. Start one with "npm start", or set ${name}.`,
    );
  };
  return {
    home,
    databaseUrl: need('DATABASE_URL', given(env, 'DATABASE_URL') ?? stack?.databaseUrl),
    // Asked for only by what speaks to Temporal: most commands need the store alone.
    get temporalAddress() {
      return need('TEMPORAL_ADDRESS', given(env, 'TEMPORAL_ADDRESS') ?? stack?.temporalAddress);
    },
    temporalNamespace: given(env, 'TEMPORAL_NAMESPACE') ?? 'default',
    taskQueue: given(env, 'ROLLCALL_TASK_QUEUE') ?? defaultTaskQueue,
    allowHosts: [...hostList(env['ROLLCALL_ALLOW_HOSTS'] ?? ''), ...(stack?.allowHosts ?? [])],
    proxy: webAddressOf('ROLLCALL_PROXY_URL', given(env, 'ROLLCALL_PROXY_URL')),
    publicAddresses: hostList(env['ROLLCALL_PUBLIC_ADDRESSES'] ?? ''),
    mail: mailOf(given(env, 'ROLLCALL_SMTP_URL'), given(env, 'ROLLCALL_MAIL_FROM')),
    publicUrl: publicUrlOf(given(env, 'ROLLCALL_PUBLIC_URL')),
    local: stack !== undefined || env['ROLLCALL_LOCAL'] === '1',
    sliceMs: milliseconds('ROLLCALL_SLICE_MS', given(env, 'ROLLCALL_SLICE_MS') ?? '60000'),
    sweepEveryMs: milliseconds('ROLLCALL_SWEEP_MS', given(env, 'ROLLCALL_SWEEP_MS') ?? '300000'),
    metricsAddress: given(env, 'ROLLCALL_METRICS_ADDRESS'),
    heartbeatUrl: webAddressOf('ROLLCALL_HEARTBEAT_URL', given(env, 'ROLLCALL_HEARTBEAT_URL')),
  };
}

/** May hold a user name and password, so that it is never repeated. */
function webAddressOf(name: string, text: string | undefined): string | undefined {
  if (text === undefined || (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol))) return text;
  throw new RollcallError('STORE_UNAVAILABLE', `${name} is not an http or https address.`);
}

/** May hold a user name and password, so that it is never repeated. */
function mailOf(smtpUrl: string | undefined, from: string | undefined): MailServer | undefined {
  if (smtpUrl === undefined) return undefined;
  if (!URL.canParse(smtpUrl) || !/^smtps?:$/.test(new URL(smtpUrl).protocol)) {
    throw new RollcallError('STORE_UNAVAILABLE', 'ROLLCALL_SMTP_URL is not an smtp or smtps address.');
  }
  if (from === undefined) {
    throw new RollcallError('STORE_UNAVAILABLE', 'ROLLCALL_MAIL_FROM is not set: say whose mails these are.');
  }
  return { smtpUrl, from };
}

function publicUrlOf(text: string | undefined): string | undefined {
  if (text === undefined || (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol))) return text;
  throw new RollcallError('STORE_UNAVAILABLE', 'ROLLCALL_PUBLIC_URL is not an http or https address.');
}

function milliseconds(name: string, text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new RollcallError('STORE_UNAVAILABLE', `${name} is "${text}", not a number of milliseconds.`);
}

function hostList(text: string): string[] {
  return text
    .split(/[\s,]+/)
    .map((host) => host.trim().toLowerCase())
    .filter((host) => host !== '');
}

/**
 * The master keys: `ROLLCALL_MASTER_KEYS`, else the file `ROLLCALL_KEY_FILE`, else `master-keys` in the home folder. In
 * local mode a missing file is made, readable by its owner only.
 */
export function readMasterKeys(env: Environment, options: { makeIfMissing: boolean }): MasterKeys {
  const inline = given(env, 'ROLLCALL_MASTER_KEYS');
  if (inline !== undefined) return parseMasterKeys(inline);
  const path = given(env, 'ROLLCALL_KEY_FILE') ?? join(homeOf(env), 'master-keys');
  if (!existsSync(path)) {
    if (!options.makeIfMissing) {
      throw new RollcallError(
        'KEY_MISSING',
        `No master key: set ROLLCALL_MASTER_KEYS, or put the key file at ${path}.`,
      );
    }
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${newMasterKey('k1')}\n`, { mode: 0o600, flag: 'wx' });
  }
  return parseMasterKeys(readFileSync(path, 'utf8'));
}
