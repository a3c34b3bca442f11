import { migrate } from '../../../store/migrate.ts';
import { UsageError } from '../exit-codes.ts';
import { print, printJson } from '../output.ts';

/** Brings the database to this version. The login of DATABASE_URL must be allowed to make roles. */
export async function migrateCommand(options: { json?: boolean }): Promise<void> {
  const url = process.env['DATABASE_URL'];
  if (url === undefined || url === '') throw new UsageError('Set DATABASE_URL to the database to migrate.');
  const applied = await migrate(url);
  if (options.json) printJson('migrate', { applied });
  else print(applied.length === 0 ? 'The database is up to date.' : `Applied: ${applied.join(', ')}.`);
}
