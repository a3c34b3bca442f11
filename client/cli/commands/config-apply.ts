import { readFile } from 'node:fs/promises';
import { recordCommand } from '../../../store/commands.ts';
import {
  applyConfiguration,
  type Configuration,
  type ConfigurationChange,
  organisationIdOf,
} from '../../../store/configuration.ts';
import { readConfigurationFile } from '../../configuration-file.ts';
import { UsageError } from '../exit-codes.ts';
import { paint, print, printJson } from '../output.ts';
import { type Session, withSession } from '../session.ts';

/** Makes the installation say what a file says. What the file does not name stays. */
export async function configApply(path: string, options: { preview?: boolean; json?: boolean }): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new UsageError(`The file ${path} cannot be read.`);
  });
  const configuration = readConfigurationFile(path, text);
  const changes = await withSession('config-apply', (session) =>
    apply(session, configuration, options.preview ?? false),
  );
  if (options.json) {
    printJson('config-apply', { preview: options.preview ?? false, changes });
    return;
  }
  if (options.preview) print(paint('dim', 'Preview: nothing was changed.'));
  for (const change of changes) print(describe(change));
  for (const { code } of changes.filter(({ thing, action }) => thing === 'connection' && action === 'created')) {
    print(
      paint(
        'dim',
        `${code} is in trial: it plans and never writes until "rollcall go-live ${configuration.organisation.code}/${code}".`,
      ),
    );
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
