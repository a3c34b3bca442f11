import { recordCommand } from '../../../store/commands.ts';
import { organisationIdOf } from '../../../store/configuration.ts';
import { chooseProtectedIdentities } from '../../../store/connections.ts';
import { UsageError } from '../exit-codes.ts';
import { print, printJson } from '../output.ts';
import { withSession } from '../session.ts';

/** Sets how an organisation treats people whose identity the source marks as protected. They stay masked on every screen. */
export async function protectedIdentities(
  organisation: string,
  choice: string,
  options: { reason: string; json?: boolean },
): Promise<void> {
  if (choice !== 'sync' && choice !== 'leave-out') throw new UsageError('Choose sync or leave-out.');
  await withSession('protected-identities', async ({ db, actor }) => {
    const { id, isNew } = await db.operator((tx) => organisationIdOf(tx, organisation));
    if (isNew) throw new UsageError(`There is no organisation "${organisation}".`);
    await db.organisation(id, async (tx) => {
      await recordCommand(tx, {
        organisationId: id,
        action: 'protected-identities',
        actor: actor.name,
        role: actor.role,
        reason: options.reason,
        detail: { choice },
      });
      await chooseProtectedIdentities(tx, id, choice);
    });
    if (options.json) printJson('protected-identities', { organisation, choice });
    else {
      print(
        choice === 'sync'
          ? 'People with protected identity are sent from the next run on; screens go on masking them.'
          : 'People with protected identity count as absent from the next run on; removals go through the safety filter.',
      );
    }
  });
}
