import { recordCommand } from '../../../store/commands.ts';
import { organisationIdOf } from '../../../store/configuration.ts';
import { isWebhook } from '../../../store/subscribers.ts';
import { setWebhookSecret } from '../../../store/webhook-secrets.ts';
import { UsageError } from '../exit-codes.ts';
import { print, printJson } from '../output.ts';
import { withSession } from '../session.ts';
import { readValue } from '../value.ts';

export function isWebhookUrl(name: string): boolean {
  return /^https?:\/\//.test(name);
}

/** A shorter one could be guessed from a few signed requests. */
const shortest = 16;

/** Keeps what the requests to a webhook of an organisation are signed with. */
export async function webhookSecretSet(
  organisation: string,
  url: string,
  options: { fromEnv?: string; json?: boolean },
): Promise<void> {
  await withSession('secret-set', async ({ db, master, actor }) => {
    const { id, isNew } = await db.operator((tx) => organisationIdOf(tx, organisation));
    if (isNew) throw new UsageError(`There is no organisation "${organisation}".`);
    if (!(await db.organisation(id, (tx) => isWebhook(tx, url)))) {
      throw new UsageError(`${organisation} is told by no webhook ${url}. Webhooks come from "rollcall config apply".`);
    }
    const value = await readValue('secret', options.fromEnv);
    if (value.length < shortest) throw new UsageError(`A webhook's secret has ${shortest} characters or more.`);
    await db.organisation(id, async (tx) => {
      await setWebhookSecret(tx, master, { organisationId: id, url }, value);
      await recordCommand(tx, {
        organisationId: id,
        action: 'secret-set',
        actor: actor.name,
        role: actor.role,
        reason: '',
        detail: { webhook: url },
      });
    });
  });
  if (options.json) printJson('secret-set', { webhook: url });
  else print(`Requests to ${url} are signed with the new secret.`);
}
