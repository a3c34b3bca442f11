import { readFile } from 'node:fs/promises';
import { recordCommand } from '../../../store/commands.ts';
import {
  applyConfiguration,
  type Configuration,
  type ConfigurationChange,
  findAccount,
  organisationIdOf,
} from '../../../store/configuration.ts';
import { listConnectionNames } from '../../../store/connections.ts';
import { openFindings } from '../../../store/findings.ts';
import type { RunRow } from '../../../store/runs.ts';
import { readConfigurationFile } from '../../configuration-file.ts';
import { requestSync } from '../../request-sync.ts';
import { type Retry, retryAfterChange } from '../../retry.ts';
import { schedulesLater, tellSchedules } from '../../tell-schedules.ts';
import { watchRun } from '../../watch-run.ts';
import { UsageError } from '../exit-codes.ts';
import { paint, print, printJson } from '../output.ts';
import { findingsOf, printRunSummary } from '../run-summary.ts';
import { type Session, withSession } from '../session.ts';
import { toldRetries } from './secret-set.ts';

/** Makes the installation say what a file says. What the file does not name stays. */
export async function configApply(path: string, options: { preview?: boolean; json?: boolean }): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new UsageError(`The file ${path} cannot be read.`);
  });
  const configuration = readConfigurationFile(path, text);
  const { changes, retried, previews, late } = await withSession('config-apply', async (session) => {
    const changes = await apply(session, configuration, options.preview ?? false);
    // What is new is in trial, and has no Schedule yet.
    const timed = !options.preview && changes.some(({ action }) => action === 'changed');
    return {
      changes,
      late: timed && !(await tellSchedules(servicesOf(session), configuration.organisation.code)),
      retried: options.preview ? [] : await retryWhatFailed(session, configuration, changes),
      previews: options.preview ? await previewOptions(session, configuration, changes) : [],
    };
  });
  if (options.json) {
    printJson('config-apply', { preview: options.preview ?? false, changes, retried: retried.length, previews });
    return;
  }
  if (options.preview) print(paint('dim', 'Preview: nothing was changed.'));
  for (const change of changes) print(describe(change));
  if (late) print(paint('yellow', schedulesLater));
  for (const { code, run, before } of previews) {
    print();
    print(paint('bold', `What ${code} would do, over what its source said last:`));
    if (run === null)
      print('  No snapshot of it is stored, or no worker runs: "rollcall trial" shows it after the change.');
    else printPreview(run, before);
  }
  if (retried.length > 0) print(toldRetries(retried).trim());
  for (const { code } of changes.filter(({ thing, action }) => thing === 'connection' && action === 'created')) {
    print(
      paint(
        'dim',
        `${code} is in trial: it plans and never writes. Look with "rollcall trial ${configuration.organisation.code}/${code}", then "rollcall go-live".`,
      ),
    );
  }
}

function servicesOf({ db, settings, temporal }: Session) {
  return { db, temporal, taskQueue: settings.taskQueue };
}

/** Accounts whose settings changed may let through what was refused before. */
async function retryWhatFailed(
  { db, actor, settings, temporal }: Session,
  { organisation }: Configuration,
  changes: readonly ConfigurationChange[],
): Promise<Retry[]> {
  const changed = changes.filter(({ thing, action }) => thing === 'account' && action === 'changed');
  if (changed.length === 0) return [];
  const { id } = await db.operator((tx) => organisationIdOf(tx, organisation.code));
  const accounts = await db.organisation(id, (tx) => Promise.all(changed.map(({ code }) => findAccount(tx, code))));
  const ids = accounts.flatMap((account) => (account === undefined ? [] : [account.accountId]));
  return retryAfterChange({ db, temporal, taskQueue: settings.taskQueue }, ids, actor);
}

/** A connection whose options would change, with the plan that the new ones give; null where none could be made. */
interface OptionsPreview {
  readonly code: string;
  readonly run: RunRow | null;
  /** Findings that are open now, by code. */
  readonly before: Readonly<Record<string, number>>;
}

/** Plans over what the sources said last with the options as they would be. Nothing is changed or written. */
async function previewOptions(
  session: Session,
  { organisation, connections }: Configuration,
  changes: readonly ConfigurationChange[],
): Promise<OptionsPreview[]> {
  const { db, settings, actor } = session;
  const previews: OptionsPreview[] = [];
  const names = await db.operator(listConnectionNames);
  for (const { code, sourceOptions, targetOptions } of connections) {
    const change = changes.find((one) => one.thing === 'connection' && one.code === code && one.action === 'changed');
    const name = names.find((one) => one.organisationCode === organisation.code && one.connectionCode === code);
    if (name === undefined || !change?.fields.some((field) => field === 'sourceOptions' || field === 'targetOptions'))
      continue;
    const services = { db, temporal: await session.temporal(), taskQueue: settings.taskQueue };
    const started = await requestSync(services, name, {
      preview: true,
      reason: 'preview of other options',
      actor,
      fromSnapshot: true,
      detail: { sourceOptions, targetOptions },
    });
    const { run } = await watchRun(services, started, () => {}, { patienceMs: 60_000 });
    const open = await db.organisation(name.organisationId, (tx) => openFindings(tx, name.connectionId));
    const before: Record<string, number> = {};
    for (const finding of open) before[finding.code] = (before[finding.code] ?? 0) + 1;
    previews.push({ code, run: run?.state === 'completed' ? run : null, before });
  }
  return previews;
}

/** The plan of the new options, and which findings come and go with them. */
function printPreview(run: RunRow, before: Readonly<Record<string, number>>): void {
  const after = findingsOf(run);
  printRunSummary({ ...run, summary: { ...run.summary, findings: {} } }, []);
  for (const code of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [before[code] ?? 0, after[code] ?? 0];
    if (was !== is) print(`  ${code}: ${was} now, ${is} then`);
  }
}

class Preview extends Error {}

async function apply(
  { db, actor }: Session,
  configuration: Configuration,
  preview: boolean,
): Promise<ConfigurationChange[]> {
  const { id } = await db.operator((tx) => organisationIdOf(tx, configuration.organisation.code));
  let changes: ConfigurationChange[] = [];
  try {
    await db.organisation(id, async (tx) => {
      changes = await applyConfiguration(tx, id, configuration);
      const changed = changes.filter(({ action }) => action !== 'unchanged');
      if (changed.length > 0) {
        await recordCommand(tx, {
          organisationId: id,
          action: 'config-apply',
          actor: actor.name,
          role: actor.role,
          reason: '',
          detail: { changed },
        });
      }
      // A preview is the real thing, taken back: what it shows is what would happen.
      if (preview) throw new Preview();
    });
  } catch (error) {
    if (!(error instanceof Preview)) throw error;
  }
  return changes;
}

function describe({ thing, code, action, fields, backToTrial }: ConfigurationChange): string {
  const colour = action === 'unchanged' ? 'dim' : 'green';
  const what = fields.length > 0 ? `: ${fields.join(', ')}` : '';
  const trial = backToTrial ? paint('yellow', ' (another source: back into trial)') : '';
  return `${thing} ${code} ${paint(colour, action)}${what}${trial}`;
}
