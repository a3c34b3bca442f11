import { migrate } from '../../../store/migrate.ts';
import { registerSearchAttributes } from '../../../worker/temporal.ts';
import { UsageError } from '../exit-codes.ts';
import { print, printJson } from '../output.ts';

/**
 * Brings the database to this version, and the namespace of Temporal where TEMPORAL_ADDRESS names the server. The login of
 * DATABASE_URL must be allowed to make roles.
 */
export async function migrateCommand(options: { json?: boolean }): Promise<void> {
  const url = process.env['DATABASE_URL'];
  if (url === undefined || url === '') throw new UsageError('Set DATABASE_URL to the database to migrate.');
  const applied = await migrate(url);
  const temporalAddress = process.env['TEMPORAL_ADDRESS'] ?? '';
  const registered =
    temporalAddress === ''
      ? null
      : await registerSearchAttributes({
          temporalAddress,
          temporalNamespace: process.env['TEMPORAL_NAMESPACE'] || 'default',
        });
  if (options.json) printJson('migrate', { applied, searchAttributes: registered });
  else {
    print(applied.length === 0 ? 'The database is up to date.' : `Applied: ${applied.join(', ')}.`);
    if (registered === null)
      print('TEMPORAL_ADDRESS is not set: search attributes are registered by the first worker.');
    else if (registered.length === 0) print('The search attributes of Temporal are registered.');
    else print(`Registered search attributes: ${registered.join(', ')}.`);
  }
}
