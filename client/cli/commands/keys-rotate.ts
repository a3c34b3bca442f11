import { recordCommand } from '../../../store/commands.ts';
import { organisationIdOf } from '../../../store/configuration.ts';
import { rotateKeys } from '../../../store/secrets.ts';
import { UsageError } from '../exit-codes.ts';
import { print, printJson } from '../output.ts';
import { withSession } from '../session.ts';

/** A new data key for an organisation, its secrets sealed with it, all its keys under the current master key. */
export async function keysRotate(organisation: string, options: { json?: boolean }): Promise<void> {
  const rotated = await withSession('keys-rotate', async ({ db, master, actor }) => {
    const { id, isNew } = await db.operator((tx) => organisationIdOf(tx, organisation));
    if (isNew) throw new UsageError(`There is no organisation "${organisation}".`);
    return db.organisation(id, async (tx) => {
      await recordCommand(tx, {
        organisationId: id,
        action: 'keys-rotate',
        actor: actor.name,
        role: actor.role,
        reason: '',
      });
      return rotateKeys(tx, master, id);
    });
  });
  if (options.json) printJson('keys-rotate', { organisation, ...rotated });
  else
    print(
      `${organisation} has a new key: ${rotated.secrets} secrets sealed with it, ${rotated.rewrapped} older keys rewrapped.`,
    );
}
