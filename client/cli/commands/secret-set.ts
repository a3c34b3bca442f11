import { systems } from '../../../connectors/registry.ts';
import { recordCommand } from '../../../store/commands.ts';
import { findAccount, organisationIdOf } from '../../../store/configuration.ts';
import { setSecret } from '../../../store/secrets.ts';
import { type Retry, retryAfterChange } from '../../retry.ts';
import { UsageError } from '../exit-codes.ts';
import { print, printJson } from '../output.ts';
import { withSession } from '../session.ts';
import { readValue } from '../value.ts';
import { isWebhookUrl, webhookSecretSet } from './webhook-secret.ts';

/** Keeps a password or key of an account, read from a prompt, standard input or an environment variable. */
export async function secretSet(
  account: string,
  name: string,
  options: { fromEnv?: string; json?: boolean },
): Promise<void> {
  if (!account.includes('/') && isWebhookUrl(name)) return webhookSecretSet(account, name, options);
  const [organisationCode = '', accountCode = '', ...more] = account.split('/');
  if (accountCode === '' || more.length > 0)
    throw new UsageError(`Write the account as organisation/account, not "${account}".`);
  const retried = await withSession('secret-set', async ({ db, master, actor, settings, temporal }) => {
    const { id, isNew } = await db.operator((tx) => organisationIdOf(tx, organisationCode));
    const found = isNew ? undefined : await db.organisation(id, (tx) => findAccount(tx, accountCode));
    if (found === undefined)
      throw new UsageError(`There is no account "${account}". Accounts come from "rollcall config apply".`);
    const allowed = systems.get(found.system)?.secretNames ?? [];
    if (!allowed.includes(name)) {
      throw new UsageError(`"${name}" is no secret of ${found.system}; allowed: ${allowed.join(', ')}.`);
    }
    const value = await readValue(name, options.fromEnv);
    await db.organisation(id, async (tx) => {
      await setSecret(tx, master, { organisationId: id, accountId: found.accountId }, name, value);
      await recordCommand(tx, {
        organisationId: id,
        action: 'secret-set',
        actor: actor.name,
        role: actor.role,
        reason: '',
        detail: { account: accountCode, name },
      });
    });
    return retryAfterChange({ db, temporal, taskQueue: settings.taskQueue }, [found.accountId], actor);
  });
  if (options.json) printJson('secret-set', { account, name, retried: retried.length });
  else print(`The ${name} of ${account} is set.${toldRetries(retried)}`);
}

/** What was taken up again by itself, in words. */
export function toldRetries(retried: readonly Retry[]): string {
  if (retried.length === 0) return '';
  const runs = retried.map(({ run }) => `${run.organisationCode}/${run.connectionCode}#${run.number}`);
  return ` Taken up again by itself: ${runs.join(', ')}.`;
}
